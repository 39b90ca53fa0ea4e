"""What should exist on a day: mailboxes, addresses, rights, and the store of each."""
