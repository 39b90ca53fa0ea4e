"""Edits of the data as a careful administrator makes them: few lines, the others untouched."""
