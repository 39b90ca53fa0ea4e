"""Who may decide and ask what: what documents serve (Art. 5.1, 5.2)."""
