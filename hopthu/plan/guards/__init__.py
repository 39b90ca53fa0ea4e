"""The guards of a plan: limits that policy sets, and invariants nothing overrides."""
