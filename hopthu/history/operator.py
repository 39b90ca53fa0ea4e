"""Who runs an apply: the administrator's own name, for the record (Art. 5.1)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from hopthu.errors import UsageError

_NOBODY = frozenset({"", "root"})


def administrator(root: Path, environ: Mapping[str, str], *, throwaway: bool = False) -> str:
    """Return who is at work: `HOPTHU_WHO`, else whom CI, git or the login name.

    Everybody who becomes root is root, so "root" is no answer: `UsageError` says what is, except
    where the inventory is `throwaway`, such as a lab.
    """
    for name in _candidates(root, environ):
        told = "".join(c for c in " ".join(name.split()) if c.isprintable())
        if told.lower() not in _NOBODY:
            return told
    if throwaway:
        return "root"
    raise UsageError(
        "the record needs to know who you are, and root may be anybody",
        fix="set HOPTHU_WHO, or `git config user.name` and `user.email`",
    )


def _candidates(root: Path, environ: Mapping[str, str]) -> Iterator[str]:
    yield environ.get("HOPTHU_WHO", "")
    yield environ.get("GITHUB_ACTOR", "")
    name, login = environ.get("GITLAB_USER_NAME", ""), environ.get("GITLAB_USER_LOGIN", "")
    yield f"{name} ({login})" if name and login else name or login
    yield _of_git(root)
    yield environ.get("SUDO_USER", "")
    yield environ.get("LOGNAME", "")


def _of_git(root: Path) -> str:
    """Return `name <address>` as git would write it into a commit, as far as it is configured."""
    argv = ["git", "-C", str(root), "config", "-z", "--get-regexp", r"^user\.(name|email)$"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git here: the checkout is an unpacked archive
        return ""
    # Of several values the last one counts.
    said = dict(line.split("\n", 1) for line in done.stdout.split("\0") if "\n" in line)
    name, email = (said.get(f"user.{key}", "").strip() for key in ("name", "email"))
    return f"{name} <{email}>" if name and email else name
