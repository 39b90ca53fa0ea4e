"""What was applied where, when, by whom: the hosts' records and the journal."""
