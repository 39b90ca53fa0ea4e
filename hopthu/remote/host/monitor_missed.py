"""Ask the monitor whether it works, from another host; alarm by the way that is not mail if not."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

_PATIENCE = 5.0
_MOST = 100_000
"""Bytes that are read of an answer."""
_TWICE = 2
"""So many times in a row it must not have answered."""
_AGAIN = 3600.0
"""Seconds after which an alarm that goes on is sent once more."""


class Missed(TypedDict):
    """How often in a row the monitor has not answered, and when an alarm was sent, or 0."""

    times: int
    alarmed: float


def asked(url: str) -> str:
    """Return why the monitor does not say that it watches, empty if it does."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310  (our own)
            watches = json.loads(answer.read(_MOST))["data"]["result"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        return f"{url}: {error}"
    return "" if watches else f"{url}: reads nothing, or does not reach Alertmanager"


def after(before: Missed, silent: bool, now: float) -> tuple[Missed, str]:
    """Return what is known now, and the state to send: `firing`, `resolved`, or nothing."""
    times = before["times"] + 1 if silent else 0
    if times >= _TWICE and now - before["alarmed"] > _AGAIN:
        return {"times": times, "alarmed": now}, "firing"
    if not silent and before["alarmed"]:
        return {"times": 0, "alarmed": 0.0}, "resolved"
    return {"times": times, "alarmed": before["alarmed"]}, ""


def alarm(settings: dict[str, str], status: str) -> dict[str, object]:
    """Return a call as Alertmanager makes it, so that who takes it knows one format."""
    return {
        "version": "4",
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": settings["name"], "host": settings["monitor"]},
                "annotations": {key: settings[key] for key in ("summary", "runbook")},
                "startsAt": datetime.now(UTC).isoformat(),
            }
        ],
    }


def main() -> None:
    """Ask once, with the settings in the file of the first argument; remember it in the state."""
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    known = Path(os.environ["STATE_DIRECTORY"], "missed.json")
    before: Missed = {"times": 0, "alarmed": 0.0}
    if known.exists():
        before = json.loads(known.read_text("utf-8"))
    why = asked(settings["ask"])
    now, status = after(before, bool(why), time.time())
    if why:
        print(why, file=sys.stderr)  # noqa: T201  (the unit's journal)
    if status:
        body = json.dumps(alarm(settings, status)).encode()
        call = urllib.request.Request(  # noqa: S310  (a URL of the inventory)
            settings["alarms"], body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(call, timeout=_PATIENCE):  # noqa: S310
            pass
    new = known.with_suffix(".new")
    new.write_text(json.dumps(now), "utf-8")
    new.replace(known)
