"""An independent pandas computation of every mart, written from definitions.md alone, to judge the SQL by."""
