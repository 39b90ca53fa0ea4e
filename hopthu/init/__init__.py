"""The repository of a province, as `hopthu init` creates it."""
