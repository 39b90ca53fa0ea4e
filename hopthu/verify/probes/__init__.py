"""The probes, one module per theme; they are shown in the order of their modules."""
