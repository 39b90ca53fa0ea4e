"""What records of one revision must be: units, people, their rows, and the policy."""
