"""Intervals and tests: thin layers over the standard library and SciPy, in the words of the definitions."""
