"""What comes out of the warehouse into Python: recorded for builds, pages and editions, on small shops."""
