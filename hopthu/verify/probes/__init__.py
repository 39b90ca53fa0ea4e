"""The probes, one module per theme; their order here is the order they are shown in."""
