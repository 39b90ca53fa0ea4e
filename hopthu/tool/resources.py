"""The files of hopthu that are not modules: templates, schemas, deploys, the recipe of the lab.

A checkout has them beside the package, where people look for them; a wheel carries them inside, in
`hopthu/_data` (hatch_build.py), so that an installed hopthu claims no other name in site-packages.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CARRIED = PACKAGE / "_data"
"""What a wheel carries; a checkout has no such folder."""


def resource(name: str) -> Path:
    """Return the file or folder `name` of hopthu, named as from the root of a checkout."""
    return (CARRIED if CARRIED.is_dir() else PACKAGE.parent) / name


def checkout() -> Path | None:
    """Return the checkout this hopthu runs from, None for an installed one."""
    return None if CARRIED.is_dir() else PACKAGE.parent


def layers(name: str, root: Path) -> tuple[Path, ...]:
    """Return the folders called `name`, the first of which that has a file decides.

    First the one of the province's repository `root`, if there is one, then hopthu's own.
    """
    own, ours = root.resolve() / name, resource(name)
    return (own, ours) if own != ours and own.is_dir() else (ours,)
