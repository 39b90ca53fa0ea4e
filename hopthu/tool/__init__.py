"""The program itself: where its files lie, and which version of it this is."""
