"""Tables of PostgreSQL as what is loaded: in one snapshot, by month, and only what changed."""
