"""Whole shops of sources that have events and no orders: loaded, built, every page that their data allow."""
