"""Use cases: what each command means, without the command line."""
