"""What leaves the house beside the pages: summary.json, alerts, the text for a terminal or an e-mail."""
