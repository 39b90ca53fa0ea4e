"""Render templates into the files that deploys upload."""
