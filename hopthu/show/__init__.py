"""`hopthu show`: state, history and mail delivery of a person, unit or address."""
