"""A second reader of a shop's files: plain Python, slow and simple, written from docs/loading.md alone.

It shares no code with `analysis_lib.sources`, so that what both say of a file was thought of twice. The
fuzz tests load odd files and compare every row with what this reader makes of the same bytes.
"""
