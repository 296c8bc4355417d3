"""Loading a shop whose warehouse is BigQuery."""
