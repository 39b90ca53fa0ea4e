"""The desired state on a day: mailboxes, addresses, rights, and the store of each mailbox."""
