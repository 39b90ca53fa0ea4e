"""What happens during a run, as a stream of typed events, and what it comes to."""
