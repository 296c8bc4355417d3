"""The shop in an analyst's hands: asking with names, what a number means, and marts for other parameters.

The pages need none of this; a notebook that someone writes by hand does.
"""
