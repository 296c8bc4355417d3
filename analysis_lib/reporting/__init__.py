"""What every page is written with: numbers, windows, metrics, findings, cards, charts and tables."""
