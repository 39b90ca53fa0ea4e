"""Compile the catalogues: gettext reads `.mo` files, people edit `.po` files.

A wheel carries compiled catalogues only. A checkout carries the text only: it is compiled by an
editable install, and again whenever the text is newer. Compiling needs Babel, which users of a
wheel do not have.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

LOCALES = Path(__file__).parents[1] / "locale"


def compiled(language: str, locales: Path | None = None) -> Path:
    """Return the compiled catalogue of `language`; it is compiled first if its text is newer."""
    text = (locales or LOCALES) / language / "LC_MESSAGES" / "hopthu.po"
    target = text.with_suffix(".mo")
    if _is_due(text, target):
        _compile(text, target)
    return target


def _is_due(text: Path, target: Path) -> bool:
    if not text.exists():  # an installed wheel
        return False
    return not target.exists() or target.stat().st_mtime_ns < text.stat().st_mtime_ns


def _compile(text: Path, target: Path) -> None:
    """Write `target` whole or not at all: another command may read it at the same time."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  (not needed to use a wheel)
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with text.open("rb") as file:
        catalogue = read_po(file)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write_mo(file, catalogue)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    for folder in LOCALES.iterdir():
        compiled(folder.name)
