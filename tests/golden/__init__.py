"""Every headline number recomputed from the definitions, and read from the rendered pages and PDFs."""
