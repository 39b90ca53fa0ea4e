"""Bring mail from an old IMAP server into the mailboxes of the stores (Art. 5.1, 6.4)."""
