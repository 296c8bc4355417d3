"""What schedulers ask of Shopbook: the graph as data, which files are new, a build with its checks."""
