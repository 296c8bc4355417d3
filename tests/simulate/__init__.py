"""The simulator: its files, its truth, and whether the one tells of the other."""
