"""What an edit may change of the revision before it."""
