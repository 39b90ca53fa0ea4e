"""The program itself: where its files are, and its version."""
