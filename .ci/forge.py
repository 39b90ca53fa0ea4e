#!/usr/bin/env python3
"""The two things pipelines ask of the platform they run on, GitHub or GitLab.

    .ci/forge.py comment FILE           say FILE on the pull request, always in one place
    .ci/forge.py deployed ENVIRONMENT   print the commit that was last deployed there, if any

Needs nothing but Python, so that a job that only comments has nothing to install.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MARK = "<!-- hopthu plan -->"
"""How our comment is found again; no reader sees it."""
_PAGE = 100
_PAGES = 50
_SECONDS = 30


class Failed(Exception):
    """The platform did not do what was asked; says what and why."""


class GitHub:
    """GitHub's REST API (docs.github.com/rest, version 2022-11-28)."""

    def __init__(self) -> None:
        self.base = f"{_required('GITHUB_API_URL')}/repos/{_required('GITHUB_REPOSITORY')}"
        self.headers = {
            "Authorization": f"Bearer {_required('GITHUB_TOKEN')}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }

    def comment(self, text: str) -> None:
        """Put `text` in place of our comment, or write the first."""
        pages = f"issues/{_required('PULL_REQUEST')}/comments"
        for known in self._all(pages):
            # Only what a workflow wrote: anybody may write the mark.
            if known["body"].startswith(MARK) and known["user"]["type"] == "Bot":
                self._ask("PATCH", f"issues/comments/{known['id']}", {"body": text})
                return
        self._ask("POST", pages, {"body": text})

    def deployed(self, environment: str) -> str:
        """Return the commit last deployed to `environment`, or nothing."""
        query = urllib.parse.urlencode({"environment": environment})
        for deployment in self._all(f"deployments?{query}"):  # the newest first
            states = self._ask("GET", f"deployments/{deployment['id']}/statuses?per_page={_PAGE}")
            newest = max(states, key=lambda each: each["id"], default={"state": "none"})
            if newest["state"] == "success":
                return str(deployment["sha"])
        return ""

    def _all(self, path: str) -> Iterator[Any]:
        return _pages(lambda query: self._ask("GET", f"{path}{'&' if '?' in path else '?'}{query}"))

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        return _ask(method, f"{self.base}/{path}", self.headers, body)


class GitLab:
    """GitLab's REST API (docs.gitlab.com/api)."""

    def __init__(self) -> None:
        self.api = _required("CI_API_V4_URL")
        self.base = f"{self.api}/projects/{_required('CI_PROJECT_ID')}"

    def comment(self, text: str) -> None:
        """Put `text` in place of our comment, or write the first."""
        # A job's own token may not write notes: this one is of the project, made for the purpose.
        headers = {"PRIVATE-TOKEN": _required("HOPTHU_COMMENT_TOKEN")}
        notes = f"{self.base}/merge_requests/{_required('CI_MERGE_REQUEST_IID')}/notes"
        me = _ask("GET", f"{self.api}/user", headers)["id"]
        for known in _pages(lambda query: _ask("GET", f"{notes}?{query}", headers)):
            if known["body"].startswith(MARK) and known["author"]["id"] == me:
                _ask("PUT", f"{notes}/{known['id']}", headers, {"body": text})
                return
        _ask("POST", notes, headers, {"body": text})

    def deployed(self, environment: str) -> str:
        """Return the commit last deployed to `environment`, or nothing."""
        headers = {"JOB-TOKEN": _required("CI_JOB_TOKEN")}
        wanted = {"environment": environment, "status": "success", "order_by": "id"}
        query = urllib.parse.urlencode(wanted | {"sort": "desc", "per_page": 1})
        found = _ask("GET", f"{self.base}/deployments?{query}", headers)
        return str(found[0]["sha"]) if found else ""


def _pages(ask: Callable[[str], Any]) -> Iterator[Any]:
    """Yield what is on each page; `ask` is given the part of the address that names one."""
    for page in range(1, _PAGES + 1):
        found = ask(f"per_page={_PAGE}&page={page}")
        yield from found
        if len(found) < _PAGE:
            return


def _ask(method: str, url: str, headers: dict[str, str], body: dict[str, str] | None = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    if content is not None:
        headers = {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        reason = error.read(500).decode(errors="replace")
        raise Failed(f"{method} {url}: {error.code} {error.reason}: {reason}") from error
    except (OSError, ValueError) as error:
        raise Failed(f"{method} {url}: {error}") from error


def _text(file: str) -> str:
    """Return what a file says. One that leads elsewhere could tell what this job alone may read."""
    path = Path.cwd() / file
    if path.resolve() != path or not path.is_file():
        raise Failed(f"{file} is not a plain file")
    return path.read_text(encoding="utf-8")


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise Failed(f"{name} is not set")
    return value


def main(arguments: list[str]) -> int:
    """Do what is asked; return the exit code."""
    try:
        platform = GitLab() if os.environ.get("GITLAB_CI") else GitHub()
        match arguments:
            case ["comment", file]:
                platform.comment(f"{MARK}\n{_text(file)}")
            case ["deployed", environment]:
                sys.stdout.write(f"{platform.deployed(environment)}\n")
            case _:
                sys.stderr.write(f"{__doc__}\n")
                return 2
    except (Failed, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
