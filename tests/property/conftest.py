"""Settings of every property test."""

from hypothesis import settings

# No deadline: a busy machine is no fault of the code. What must be quick has a test of its own.
settings.register_profile("hopthu", deadline=None, print_blob=True)
settings.load_profile("hopthu")
