"""Determine who runs an apply: the administrator's own name, for the record (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.errors import UsageError
from hopthu.git.repository import Repository
from hopthu.i18n.message import Message

_NOBODY = frozenset({"", "root"})


def administrator(
    repository: Repository, environ: Mapping[str, str], *, throwaway: bool = False
) -> str:
    """Return the name from `HOPTHU_WHO`, else from the CI system, git or the login.

    "root" does not identify a person: `UsageError` explains what to set, unless the inventory is
    `throwaway`, such as a lab.
    """
    for name in _candidates(repository, environ):
        cleaned = "".join(c for c in " ".join(name.split()) if c.isprintable())
        if cleaned.lower() not in _NOBODY:
            return cleaned
    if throwaway:
        return "root"
    raise UsageError(
        Message("the record needs your name, and root does not identify a person"),
        fix=Message("set HOPTHU_WHO, or `git config user.name` and `user.email`"),
    )


def _candidates(repository: Repository, environ: Mapping[str, str]) -> Iterator[str]:
    yield environ.get("HOPTHU_WHO", "")
    yield environ.get("GITHUB_ACTOR", "")
    name, login = environ.get("GITLAB_USER_NAME", ""), environ.get("GITLAB_USER_LOGIN", "")
    yield f"{name} ({login})" if name and login else name or login
    yield _of_git(repository)
    yield environ.get("SUDO_USER", "")
    yield environ.get("LOGNAME", "")


def _of_git(repository: Repository) -> str:
    """Return `name <address>` as git writes it into commits, as far as it is configured."""
    known = repository.output("config", "-z", "--get-regexp", r"^user\.(name|email)$")
    # The last of several values counts.
    settings = dict(line.split("\n", 1) for line in known.split("\0") if "\n" in line)
    name, email = (settings.get(f"user.{key}", "").strip() for key in ("name", "email"))
    return f"{name} <{email}>" if name and email else name
