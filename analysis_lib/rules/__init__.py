"""Small tables that a business user edits: segments, channels, the calendar. Validated when they are read."""
