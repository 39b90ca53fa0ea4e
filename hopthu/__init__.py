"""hopthu: a province's mail as reviewed text."""
