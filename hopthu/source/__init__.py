"""YAML text as records, each value with its file, line and column."""
