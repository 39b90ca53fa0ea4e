"""hopthu: a province's mail as reviewed text."""

__version__ = "0.1.0"
