"""The copies of this host, seen from here: whether they are made, and what it could do to them."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import TypedDict

from hopthu.remote.host.backup import Copy, last, reach, restic, settings
from hopthu.remote.host.kinds import Moment
from hopthu.remote.host.recover_in_place import cut_off
from hopthu.remote.host.state import FAILURES, run

_REFUSALS = (401, 403)
_PATIENCE, _LONGEST = 20.0, 120.0
"""Seconds in which a server answers, and in which a copy opens."""
_PARTS = ("snapshots", "index", "data", "keys")
_NOBODYS = "0" * 64
"""The name of no file: a server that may remove files says that it is not there."""


class Here(TypedDict):
    """Why runs failed, by kind.

    `sent` has the snapshots of the last run by kind and who keeps them, `full` the folders of which
    they may lack flags, and `cut_off` the mailboxes whose restore in place did not end. `good` is
    when each last ended without a failure, in seconds since 1970, or 0.
    """

    failed: dict[str, list[str]]
    sent: dict[str, dict[str, str]]
    full: dict[str, list[str]]
    cut_off: list[str]
    good: dict[str, Moment]


class Tried(TypedDict):
    """What a server did not refuse to this host, and why copies there cannot be read, by kind."""

    allowed: list[str]
    unreadable: dict[str, str]


def look(units: Mapping[str, str], drills: Mapping[str, str]) -> Here:
    """Return how the last runs ended, by kind."""
    runs = {**units, **drills}
    ended = {kind: last(kind) for kind in units}
    return {
        "failed": {kind: said for kind, unit in runs.items() if (said := _failed(kind, unit))},
        "sent": {
            kind: {keeper: copy[1] for keeper, copy in each["sent"].items()}
            for kind, each in ended.items()
        },
        "full": {kind: each["full"] for kind, each in ended.items()},
        "cut_off": cut_off(),
        "good": {kind: Moment(last(kind)["good"]) for kind in runs},
    }


def run_now(kind: str, unit: str) -> list[str]:
    """Run a unit to its end, which may be under way; return why it failed."""
    done = run("systemctl", "start", unit, fine=None)
    return _failed(kind, unit) or [done.stderr.strip()] * bool(done.returncode)


def tried(keeper: str, kinds: Sequence[str], other: str) -> Tried:
    """Return what this host may do with one that keeps its copies; raise `Failed` if none does.

    Tried is what it needs, to read its last copies, and what somebody would do who has taken it
    over: remove something, read copies of another.
    """
    settings(keeper)
    sent = {kind: last(kind)["sent"].get(keeper) for kind in kinds}
    repositories = {f"{keeper}/{kind}" for kind in kinds}
    repositories |= {copy[0] for copy in sent.values() if copy}
    return {
        "allowed": [it for each in sorted(repositories) for it in _allowed(each, other)],
        "unreadable": {
            kind: why for kind, copy in sent.items() if copy and (why := _unreadable(copy))
        },
    }


def _unreadable(sent: Copy) -> str:
    """Return why a copy cannot be read, empty if it can."""
    try:
        restic(sent[0], "ls", "--no-lock", of=(sent[1], "/"), longest=_LONGEST)
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
