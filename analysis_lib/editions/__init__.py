"""Editions: the report of a past period, or of some of the shop's people, from marts of its own.

The rule is in docs/editions.md; the publishing of editions is in `analysis_lib/publish`.
"""
