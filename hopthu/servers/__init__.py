"""Read the state of the servers over SSH and compare it with the data."""
