"""Change the hosts: lock, pre-flight, one host after another, prove, record."""
