"""Issue first passwords, and reset lost ones (Art. 5.1, 6.4)."""
