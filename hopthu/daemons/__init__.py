"""One frozen record a daemon, with the renderers of its files."""
