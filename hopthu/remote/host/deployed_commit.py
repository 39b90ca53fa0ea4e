"""Put a clone at the commit that was applied to this host, before hopthu runs from it with keys.

What was merged since nobody has approved: neither its code nor its inventory may run beside them
(docs/decisions/daily.md). The record is root's, and needs no key.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def commit_of(record: Path) -> str:
    """Return the commit in the record of an apply; raise `ValueError` if it names none."""
    known = json.loads(record.read_text(encoding="utf-8"))
    commit = known.get("commit") if isinstance(known, dict) else None
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise ValueError(f"{record}: what was applied is in no commit")
    return commit


def main() -> None:
    """Check out the commit of the record that is named, in the clone that is the working folder."""
    try:
        commit = commit_of(Path(sys.argv[1]))
    except (OSError, ValueError) as error:
        sys.exit(f"hopthu: {error}")
    # Changes that are in no commit stay; where they are in the way, nothing runs.
    # The clone of a pipeline's job may be another account's.
    words = ["git", "-c", "core.hooksPath=/dev/null", "-c", f"safe.directory={Path.cwd()}"]
    os.execvp("git", [*words, "checkout", "--quiet", "--detach", commit, "--"])  # noqa: S606
