"""Measure what the monitor watches of this host, and write it where the exporter reads it.

Each function returns values as Prometheus has them; a daemon's record names those of its hosts.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import time
from calendar import timegm
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from hopthu.remote.host.backup import result
from hopthu.remote.host.files import write
from hopthu.remote.host.kept_copies import arrivals
from hopthu.remote.host.state import FAILURES, deployed, output, read

Value = tuple[str, Mapping[str, str], float]
"""The name of a value, its labels, and the value."""

_SYSTEMD = Path("/etc/systemd/system")


def certificate(path: str) -> Iterator[Value]:
    """When the certificate of this host ends, in seconds since 1970."""
    said = output("openssl", "x509", "-in", path, "-noout", "-enddate")
    ends = ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter="))
    yield "hopthu_certificate_end_seconds", {}, ends


def applied() -> Iterator[Value]:
    """When something was last applied here, in seconds since 1970."""
    if record := deployed():
        moment, _, commit = record.partition("-")
        started = timegm(time.strptime(moment, "%Y%m%dT%H%M%SZ"))
        yield "hopthu_applied_seconds", {"commit": commit}, started


def queue(*domains: str) -> Iterator[Value]:
    """How many recipients wait in Postfix's queue, and how long the oldest has, by where they are.

    Those at `domains` are inside. Messages are not counted: one may wait for many.
    """
    now, since = time.time(), {"inside": list[float](), "outside": list[float]()}
    for message in map(json.loads, output("postqueue", "-j").splitlines()):
        for recipient in message["recipients"]:
            inside = recipient["address"].rpartition("@")[2].lower() in domains
            since["inside" if inside else "outside"].append(message["arrival_time"])
    for to, moments in since.items():
        yield "hopthu_queue_recipients", {"to": to}, len(moments)
        yield "hopthu_queue_oldest_seconds", {"to": to}, now - min(moments, default=now)


def copies(top: str, *kinds: str) -> Iterator[Value]:
    """When the newest copy of each `HOST/KIND` arrived here: 0 if none has, whatever the reason."""
    for each in kinds:
        of, _, kind = each.partition("/")
        newest = max((moment for _, moment, _ in arrivals(top, each)), default=0)
        yield "hopthu_copy_arrived_seconds", {"of": of, "kind": kind}, newest


def drill(timer: str) -> Iterator[Value]:
    """When mail of this host was last restored as a drill, or since when that is to be done."""
    yield "hopthu_drill_seconds", {}, _moment(result("drill"), timer)


def stopped(base: str) -> Iterator[Value]:
    """How many senders are stopped."""
    found = output(
        "ldapsearch", "-Q", "-LLL", "-o", "ldif-wrap=no", "-Y", "EXTERNAL", "-H", "ldapi:///",
        "-b", base, "(hopthuStopped=*)", "1.1",
    )  # fmt: skip
    yield "hopthu_senders_stopped", {}, found.count("dn: ")


def signatures(folder: str) -> Iterator[Value]:
    """When the newest virus signatures came, in seconds since 1970: 0 if there are none."""
    found = (path.stat().st_mtime for path in Path(folder).glob("daily.c[lv]d"))
    yield "hopthu_signatures_seconds", {}, max(found, default=0)


def operator(home: str, daily: str, drift: str) -> Iterator[Value]:
    """How many differences from what was applied are known, and when the daily runs were done.

    And whether the last of them found something due that is not done.
    """
    told = Path(home, "told.json")
    yield "hopthu_drifts", {}, len(json.loads(read(told) or '{"told": []}')["told"])
    yield "hopthu_drift_seconds", {}, _moment(told, f"{drift}.timer")
    yield "hopthu_daily_seconds", {}, _moment(Path(home, "announced"), f"{daily}.timer")
    code = output("systemctl", "show", "--value", "-p", "ExecMainStatus", f"{daily}.service")
    yield "hopthu_due_not_done", {}, int(code) == _NOT_DONE


_NOT_DONE = 5
"""The exit code of `hopthu daily` if something is due and not done."""


def _moment(done: Path, timer: str) -> float:
    """Return when a file was written, or else since when the timer is there that writes it.

    Files that hopthu puts on hosts have no time of their own.
    """
    return done.stat().st_mtime if done.exists() else (_SYSTEMD / timer).stat().st_ctime


_MEASURES: Mapping[str, Callable[..., Iterator[Value]]] = {
    each.__name__: each
    for each in (certificate, applied, queue, copies, drill, stopped, signatures, operator)
}


def lines(values: Sequence[Value]) -> str:
    """Return values as the exporter reads them."""
    rows = []
    for name, labels, value in values:
        inside = ",".join(f"{key}={json.dumps(text)}" for key, text in labels.items())
        rows.append(f"{name}{{{inside}}} {float(value)!r}\n")
    return "".join(rows)


def measured(wanted: Mapping[str, Sequence[str]]) -> list[Value]:
    """Return the values of functions, given their arguments; and which of them failed, and when."""
    found: list[Value] = []
    for name, arguments in wanted.items():
        try:
            values, failed = [*_MEASURES[name](*arguments)], False
        except (*FAILURES, ValueError, LookupError) as error:
            print(f"{name}: {error}", file=sys.stderr)  # noqa: T201  (the journal of the unit)
            values, failed = [], True
        found += [*values, ("hopthu_measure_failed", {"measure": name}, failed)]
    return [*found, ("hopthu_measured_seconds", {}, time.time())]


def main() -> None:
    """Measure what the file of the first argument names, and write it to that of the second."""
    os.umask(0o022)
    settings, place = map(Path, sys.argv[1:])
    write(place, lines(measured(json.loads(settings.read_text("utf-8")))))
