"""Ask monitors whether they work, from another host; alarm by the way that is not mail if not.

It begins anew two or three times a minute: what it imports is most of what that costs a host.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from threading import Thread
from typing import TypedDict
from urllib.parse import urlsplit

_MOST = 100_000
"""Bytes that are read of an answer."""
_FAILURES = (OSError, HTTPException)
_PORTS = {"http": 80, "https": 443}
_AGAIN = 3600.0
"""Seconds after which an alarm that goes on is sent once more."""

Monitor = dict[str, str]
"""Its name, where it is asked, where its alarms go, and what is said if it is missed."""


class Times(TypedDict):
    """Seconds: `silent` after which a monitor is missed, `pause` between questions until then.

    `patience` is that for one answer.
    """

    silent: float
    pause: float
    patience: float


class Settings(Times):
    """Which monitors are asked, and how."""

    monitors: list[Monitor]


class Asker:
    """Asks monitors, and calls where their alarms go."""

    def __init__(self, times: Times) -> None:
        """Ask as often, and as patiently, as `times` says."""
        self.times = times

    def silent(self, url: str) -> str:
        """Return why a monitor does not say that it watches, however often it is asked."""
        ends = time.monotonic() + self.times["silent"]
        while why := self.asked(url):
            if time.monotonic() + self.times["pause"] > ends:
                return why
            time.sleep(self.times["pause"])
        return ""

    def asked(self, url: str) -> str:
        """Return why a monitor does not say that it watches, empty if it does."""
        try:
            with self._opened(url) as answer:
                watches = json.loads(answer.read(_MOST))["data"]["result"]
        except (*_FAILURES, ValueError, LookupError, TypeError) as error:
            return f"{url}: {error}"
        return "" if watches else f"{url}: reads nothing, or sends no alarms"

    def send(self, monitor: Monitor, status: str) -> None:
        """Send an alarm; raise `OSError` if it is not taken."""
        body = json.dumps(alarm(monitor, status)).encode()
        call = urllib.request.Request(  # noqa: S310  (a URL of the inventory)
            monitor["alarms"], body, {"Content-Type": "application/json"}
        )
        with self._opened(call):
            pass

    def reach(self, url: str) -> None:
        """Connect to where alarms go, and say nothing; raise `OSError` if nobody is there.

        Otherwise it would be found out only when there is something to tell.
        """
        to = urlsplit(url)
        address = (to.hostname or "", to.port or _PORTS[to.scheme])
        socket.create_connection(address, self.times["patience"]).close()

    def round(self, monitor: Monitor, alarmed: float) -> tuple[float, str]:
        """Ask a monitor, and alarm; return when was alarmed, and what is wrong with the way."""
        if why := self.silent(monitor["ask"]):
            print(why, file=sys.stderr)  # noqa: T201  (the unit's journal)
        moment, status = after(alarmed, bool(why), time.time())
        try:
            if status:
                self.send(monitor, status)
            else:
                self.reach(monitor["alarms"])
        except _FAILURES as error:  # what was not sent is sent the next time
            return alarmed, f"{monitor['alarms']}: {error}"
        return moment, ""

    def _opened(self, call: str | urllib.request.Request) -> HTTPResponse:
        answer: HTTPResponse = urllib.request.urlopen(  # noqa: S310  (our own inventory's URLs)
            call, timeout=self.times["patience"]
        )
        return answer


def after(alarmed: float, silent: bool, now: float) -> tuple[float, str]:
    """Return when was alarmed, 0 if all is well, and what to send: firing, resolved, or nothing."""
    if silent:
        return (now, "firing") if now - alarmed > _AGAIN else (alarmed, "")
    return 0.0, "resolved" if alarmed else ""


def alarm(monitor: Monitor, status: str) -> dict[str, object]:
    """Return a call as Alertmanager makes it, so that who takes it knows one format."""
    return {
        "version": "4",
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": monitor["name"], "host": monitor["monitor"]},
                "annotations": {key: monitor[key] for key in ("summary", "runbook", "steps")},
                "startsAt": datetime.now(UTC).isoformat(),
            }
        ],
    }


def main() -> None:
    """Ask all monitors, of the file of the first argument; keep in the state when was alarmed.

    Fails if alarms would not arrive: that is told by the monitor, by its other way.
    """
    settings: Settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    monitors, asker = settings["monitors"], Asker(settings)
    place = Path(os.environ["STATE_DIRECTORY"], "alarmed.json")
    known: dict[str, float] = json.loads(place.read_text("utf-8")) if place.exists() else {}
    found, wrong = dict[str, float](), list[str]()

    def ask(monitor: Monitor) -> None:
        name = monitor["monitor"]
        found[name], unsent = asker.round(monitor, known.get(name, 0.0))
        wrong.extend([unsent] if unsent else [])

    threads = [Thread(target=ask, args=(each,)) for each in monitors]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    new = place.with_suffix(".new")
    new.write_text(json.dumps(found), "utf-8")
    new.replace(place)
    sys.exit("\n".join(wrong) or 0)
