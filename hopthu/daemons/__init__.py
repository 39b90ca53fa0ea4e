"""One frozen record for each daemon, with the renderers of its files."""
