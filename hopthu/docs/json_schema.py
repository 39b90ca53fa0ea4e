"""schemas/json/, made from the schemas beside it and their Vietnamese.

The texts are taken from the catalogue of messages, so that is written first.
"""

from __future__ import annotations

from pathlib import Path

from hopthu.schema.json_schema import files as schemas
from hopthu.tool.resources import resource
from hopthu.validate import regulation_of


def files() -> dict[Path, str]:
    """Return what is made here, by path."""
    return {resource(name): text for name, text in schemas(regulation_of(resource(""))).items()}
