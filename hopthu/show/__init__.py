"""One person, unit or address: state, history, where mail leads, and why."""
