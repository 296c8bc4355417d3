"""What the notebooks call: one module a page, one function a section.

A notebook holds the questions and the order; the queries (sums in GoogleSQL) and the words stand here.
"""
