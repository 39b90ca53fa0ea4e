"""Read YAML text as records whose values know their file, line and column."""
