"""The copies of this host, seen from here: whether they are made, and what it could do to them."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import TypedDict

from hopthu.remote.host.backup import Copy, keepers, last, reach, restic, settings
from hopthu.remote.host.recover_in_place import cut_off
from hopthu.remote.host.state import FAILURES, run

_REFUSALS = (401, 403)
_PATIENCE = 20.0
_PARTS = ("snapshots", "index", "data", "keys")
_NOBODYS = "0" * 64
"""The name of no file: a server that may remove files says that it is not there."""


class Here(TypedDict):
    """Why runs failed, by kind, and what the server did not refuse to this host.

    `sent` has the snapshots of the last run by kind and who keeps them, `unreadable` why one cannot
    be read now, `full` the folders of which they may lack flags, and `cut_off` the mailboxes whose
    restore in place did not end.
    """

    failed: dict[str, list[str]]
    allowed: list[str]
    sent: dict[str, dict[str, str]]
    unreadable: dict[str, dict[str, str]]
    full: dict[str, list[str]]
    cut_off: list[str]


def look(units: Mapping[str, str], drills: Mapping[str, str], other: str) -> Here:
    """Return how the last runs ended, by kind, and what this host may do that it must not.

    Tried is what somebody would do who has taken it over: remove something, read copies of another.
    """
    runs = {**units, **drills}
    ended = {kind: last(kind) for kind in units}
    sent = {kind: each["sent"] for kind, each in ended.items()}
    repositories = {f"{keeper}/{kind}" for keeper in keepers() for kind in units}
    repositories |= {repository for each in sent.values() for repository, _ in each.values()}
    return {
        "failed": {kind: said for kind, unit in runs.items() if (said := _failed(kind, unit))},
        "allowed": [it for each in sorted(repositories) for it in _allowed(each, other)],
        "sent": {
            kind: {keeper: copy[1] for keeper, copy in each.items()} for kind, each in sent.items()
        },
        "unreadable": {
            kind: {keeper: why for keeper, copy in each.items() if (why := _unreadable(copy))}
            for kind, each in sent.items()
        },
        "full": {kind: each["full"] for kind, each in ended.items()},
        "cut_off": cut_off(),
    }


def _unreadable(sent: Copy) -> str:
    """Return why a copy cannot be read, empty if it can."""
    try:
        restic(sent[0], "ls", "--no-lock", of=(sent[1], "/"))
    except FAILURES as error:
        return str(error)
    return ""


def _failed(kind: str, unit: str) -> list[str]:
    """Return why the last run failed: of mail, for each mailbox that is not in its copy."""
    broken = run("systemctl", "is-failed", "--quiet", unit, fine=None).returncode == 0
    return last(kind)["failed"] or [f"{unit} failed"] * broken


def _allowed(repository: str, other: str) -> list[str]:
    keeper, _, name = repository.partition("/")
    try:
        reach(keeper)
    except OSError:  # it is said of its copies that they cannot be read
        return []
    known = settings(keeper)
    top, user = known["HOPTHU_BACKUP"].removeprefix("rest:"), known["RESTIC_REST_USERNAME"]
    tries = [("DELETE", f"{top}/{name}/{part}/{_NOBODYS}") for part in _PARTS]
    tries += [("GET", f"{top.removesuffix(user)}{other}/{name}/config")]
    return [f"{how} {url}" for how, url in tries if _asked(how, url, known) not in _REFUSALS]


def _asked(method: str, url: str, known: dict[str, str]) -> int:
    pair = f"{known['RESTIC_REST_USERNAME']}:{known['RESTIC_REST_PASSWORD']}"
    word = base64.b64encode(pair.encode()).decode()
    asked = urllib.request.Request(  # noqa: S310  (the URL is of our own settings)
        url, headers={"Authorization": f"Basic {word}"}, method=method
    )
    trust = ssl.create_default_context(cafile=known["RESTIC_CACERT"])
    try:
        with urllib.request.urlopen(asked, timeout=_PATIENCE, context=trust) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
