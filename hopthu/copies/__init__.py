"""Copies of mail and directory: how old they are, and mail brought back from them."""
