"""Loading a shop's files into the raw tables: what is read, what is refused, what is remembered."""
