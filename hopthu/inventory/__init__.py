"""The hosts of a centre: inventory files, roles, keys and certificates."""
