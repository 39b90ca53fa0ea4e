"""Move mailboxes from one store to another without losing mail."""
