"""The files of hopthu that are not modules: templates, schemas, deploys, the lab, pages of rules.

A checkout has them beside the package, where people look for them. A wheel has them inside, in
`hopthu/_data` (hatch_build.py), so that an installed hopthu uses no other name in site-packages.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CARRIED = PACKAGE / "_data"
"""The files in a wheel; a checkout has no such folder."""


def resource(name: str) -> Path:
    """Return the path of `name`, a file or folder relative to the root of a checkout."""
    return (CARRIED if CARRIED.is_dir() else PACKAGE.parent) / name


def checkout() -> Path | None:
    """Return the checkout that hopthu runs from, or None if it is installed."""
    return None if CARRIED.is_dir() else PACKAGE.parent


def layers(name: str, root: Path) -> tuple[Path, ...]:
    """Return the folders called `name`, in order of precedence.

    The folder of the province's repository `root` comes first, if it exists, then hopthu's own.
    """
    own, ours = root.resolve() / name, resource(name)
    return (own, ours) if own != ours and own.is_dir() else (ours,)
