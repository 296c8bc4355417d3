"""Tests of sources of the user's own: drafting them, trying them out, the worked example."""
