"""Change the hosts: lock, check, then change, verify and record one host after another."""
