"""The day of the last report, kept in a file between runs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.i18n.message import Message


def last_report(path: Path | None, on: date) -> date:
    """Return the day of the last report, which was the day before if there is no file.

    Raises `UsageError` if the file is none of ours.
    """
    if path is None or not path.exists():
        return on - timedelta(days=1)
    try:
        return date.fromisoformat(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        raise UsageError(
            Message("{path} cannot be read: {reason}", path=path, reason=str(error)),
            fix=Message("remove it; the next run writes it again"),
        ) from error


def remember(path: Path, on: date) -> None:
    """Write the day of a report."""
    path.write_text(f"{on.isoformat()}\n", encoding="utf-8")
