"""What `shopbook.toml` and the environment say: the project's defaults, and a profile for each shop."""
