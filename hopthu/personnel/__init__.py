"""A personnel list: read, brought into the data, and compared with it."""
