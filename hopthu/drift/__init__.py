"""Find how servers differ from what was last applied, and which differences are new."""
