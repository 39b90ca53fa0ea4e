"""Write the JSON Schemas of the data, and name them in its files."""

from __future__ import annotations

from pathlib import Path

from hopthu.app.writing import replace_file
from hopthu.schema.json_schema import files
from hopthu.schema.modeline import with_modelines
from hopthu.validate import regulation_of


def stale(root: Path, *, write: bool) -> tuple[str, ...]:
    """Return which files are missing or stale, and `write` them as they should be."""
    should = {name: text.encode() for name, text in files(regulation_of(root)).items()}
    should |= with_modelines(root)
    changed = tuple(
        name
        for name, content in should.items()
        if not ((root / name).is_file() and (root / name).read_bytes() == content)
    )
    for name in changed if write else ():
        replace_file(root / name, should[name])
    return changed
