"""What servers hold, read over SSH and compared with the data."""
