"""A province's own repository, as `hopthu init` begins it."""
