"""Measure what the monitor watches of this host, and write it where the exporter reads it.

Each function returns values as Prometheus has them; a daemon's record names those of its hosts.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import sys
import time
from calendar import timegm
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from hopthu.remote.host import pairs
from hopthu.remote.host.backup import last
from hopthu.remote.host.files import write
from hopthu.remote.host.kept_copies import arrivals
from hopthu.remote.host.state import Failed, deployed, output, read, record_text, run

Value = tuple[str, Mapping[str, str], float]
"""The name of a value, its labels, and the value."""

_SYSTEMD = Path("/etc/systemd/system")


def certificate(path: str) -> Iterator[Value]:
    """When the certificate of this host ends, in seconds since 1970."""
    said = output("openssl", "x509", "-in", path, "-noout", "-enddate")
    ends = ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter="))
    yield "hopthu_certificate_end_seconds", {}, ends


def applied() -> Iterator[Value]:
    """When something was last applied here, in seconds since 1970, and what: commit, data, day."""
    if record := deployed():
        started = timegm(time.strptime(record.partition("-")[0], "%Y%m%dT%H%M%SZ"))
        what = json.loads(record_text(record))
        labels = {"commit": what["commit"][:7], "data": what["data"][:12], "day": what["on"]}
        yield "hopthu_applied_seconds", labels, started


def queue(table: str, domains: str, *hosts: str) -> Iterator[Value]:
    """How many recipients wait in Postfix's queue, and whether any way out of it is stuck.

    Ways are the stores, by the routes in `table`; `centre`, other services of our hosts, for the
    rest of `domains`; and `outside`. `hosts` are `NAME=ADDRESS`. The value `hopthu_queue_stuck` is
    the number of destinations with a letter that is late, and came after the last delivery that
    way: one destination may be at fault itself, a domain outside or a mailbox here. What an
    administrator holds does not wait. Messages are not counted: one may wait for many.
    """
    now = time.time()
    names = {address: name for name, _, address in (each.partition("=") for each in hosts)}
    waiting = [
        (recipient["address"].lower(), float(message["arrival_time"]))
        for message in map(json.loads, output("postqueue", "-j").splitlines())
        if message["queue_name"] != "hold"
        for recipient in message["recipients"]
    ]
    stores = _stores(table, {address for address, _ in waiting})
    ways: dict[str, list[tuple[str, float]]] = {_CENTRE: [], _OUTSIDE: []}
    for address, arrived in waiting:
        domain = address.rpartition("@")[2]
        ours = any(f".{domain}".endswith(f".{each}") for each in domains.split())
        way = stores.get(address) or (_CENTRE if ours else _OUTSIDE)
        ways.setdefault(way, []).append((address if ours else domain, arrived))
    for way, those in ways.items():
        late = [each for each in those if now - each[1] > _LATE]
        oldest = min((arrived for _, arrived in those), default=now)
        delivered = _delivered(way, names, oldest) if late else now
        stuck = {destination for destination, arrived in late if arrived > delivered}
        to = {"to": names.get(way, way)}
        yield "hopthu_queue_recipients", to, len(those)
        yield "hopthu_queue_oldest_seconds", to, now - oldest
        yield "hopthu_queue_stuck", to, len(stuck)


_CENTRE, _OUTSIDE = "centre", "outside"
_LATE = 60.0
"""Seconds after which a letter should have been delivered, where nothing is wrong."""


def _stores(table: str, wanted: Collection[str]) -> dict[str, str]:
    """Return the address of the store of each mail address that has a route in a table."""
    if not table or not wanted:
        return {}
    with Path(table).open(encoding="utf-8") as rows:
        routes = dict(row.rstrip("\n").split("\t") for row in rows)
    return {each: routes[each].split("[")[1].split("]")[0] for each in wanted if each in routes}


def _delivered(way: str, names: Collection[str], since: float) -> float:
    """Return when something was last delivered a way, 0 if not since a moment.

    Postfix has a recipient, what took the letter, its result, and only then what others said.
    """
    own = "|".join(map(re.escape, ("127.0.0.1", *names)))
    relay = {_CENTRE: rf"[^,]*\[({own})\]", _OUTSIDE: rf"(?![^,]*\[({own})\])[^,]*"}
    taken = relay.get(way, rf"[^,]*\[{re.escape(way)}\]")
    client = "smtp" if way in relay else "lmtp"
    done = run(
        *("journalctl", "--quiet", "--no-pager", "--reverse", "--lines", "1"),
        *("--since", f"@{since:.0f}", "--output", "short-unix"),
        *("--grep", rf"^\w+: to=<[^>]*>,[^()]* relay={taken}:\d+,[^()]* status=sent "),
        *("--identifier", f"postfix/{client}"),
        fine=(0, 1),
    )  # fmt: skip
    if done.stderr:
        raise Failed(f"journalctl: {done.stderr.strip()}")
    return float(done.stdout.split()[0]) if done.stdout else 0.0


def copies(top: str, *kinds: str) -> Iterator[Value]:
    """When the newest copy of each `HOST/KIND` arrived here: 0 if none has, whatever the reason."""
    for each in kinds:
        of, _, kind = each.partition("/")
        newest = max((moment for _, moment, _ in arrivals(top, each)), default=0)
        yield "hopthu_copy_arrived_seconds", {"of": of, "kind": kind}, newest


def jobs(*known: str) -> Iterator[Value]:
    """Whether each job `KIND/UNIT/SECONDS` failed, when it ended well, and how long that may be.

    That a unit failed is forgotten when its host starts; how the job ended is not.
    """
    for each in known:
        kind, unit, longest = each.split("/")
        name, done = {"name": f"{unit}.service"}, last(kind)
        yield "hopthu_job_failed", name, bool(done["failed"])
        yield from _done(unit, done["good"], longest)


def _done(unit: str, moment: float, longest: str) -> Iterator[Value]:
    """When a job ended well, if it ever has, or since when its timer is there; and its limit.

    Files that hopthu puts on hosts have no time of their own.
    """
    name, timer = {"name": f"{unit}.service"}, _SYSTEMD / f"{unit}.timer"
    yield "hopthu_job_done_seconds", name, moment or timer.stat().st_ctime
    yield "hopthu_job_longest_seconds", name, float(longest)


def stopped(base: str) -> Iterator[Value]:
    """Each sender who is stopped, by the moment: who it is need not be known to a monitor."""
    found = output(
        "ldapsearch", "-Q", "-LLL", "-o", "ldif-wrap=no", "-Y", "EXTERNAL", "-H", "ldapi:///",
        "-b", base, "(hopthuStopped=*)", "hopthuStopped",
    )  # fmt: skip
    for moment in re.findall("^hopthuStopped: (.*)$", found, re.MULTILINE):
        yield "hopthu_sender_stopped", {"since": moment}, 1


def notes(folder: str) -> Iterator[Value]:
    """When each note of a stop was left that waits, or was set aside as none (tell_stopped.py)."""
    for kind in ("stopped", "untold", "bad"):
        for path in Path(folder).glob(f"{kind}.*"):
            with suppress(FileNotFoundError):  # it was dealt with meanwhile
                left = path.lstat().st_mtime
                since = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(left))
                yield "hopthu_stop_note_seconds", {"kind": kind, "since": since}, left


def signatures(folder: str) -> Iterator[Value]:
    """When the newest virus signatures came, in seconds since 1970: 0 if there are none."""
    found = (path.stat().st_mtime for path in Path(folder).glob("daily.c[lv]d"))
    yield "hopthu_signatures_seconds", {}, max(found, default=0)


def operator(home: str, daily: str, drift: str, longest: str) -> Iterator[Value]:
    """Each difference from what was applied, each day of what is due and not done; the daily runs.

    What is due may be somebody's: it need not be known to a monitor.
    """
    told, due = Path(home, "told.json"), 0
    for of, kind, item, now in json.loads(read(told) or '{"told": []}')["told"]:
        if kind == "due":
            due += 1
            yield "hopthu_due_not_done", {"since": now}, 1
        else:
            yield "hopthu_drift", {"of": of, "kind": kind, "item": item}, 1
    if not due:  # until the search for drift has found since when it is
        code = output("systemctl", "show", "--value", "-p", "ExecMainStatus", f"{daily}.service")
        yield "hopthu_due_not_done", {"since": ""}, int(code) == _NOT_DONE
    for unit, file in ((drift, told), (daily, Path(home, "announced"))):
        yield from _done(unit, file.stat().st_mtime if file.exists() else 0.0, longest)


def pair(store: str) -> Iterator[Value]:
    """Whether both copies of a store are the same, and when they last were, in seconds."""
    found = pairs.found(store, "/var/vmail")
    yield "hopthu_pair_same", {"store": store}, found["same"]
    yield "hopthu_pair_same_seconds", {"store": store}, found["last"]
    yield "hopthu_pair_serves", {"store": store}, found["serves"]


_NOT_DONE = 5
"""The exit code of `hopthu daily` if something is due and not done."""

_MEASURES: Mapping[str, Callable[..., Iterator[Value]]] = {
    each.__name__: each
    for each in (
        certificate,
        applied,
        queue,
        copies,
        jobs,
        stopped,
        notes,
        signatures,
        operator,
        pair,
    )
}
_LONGEST = 10.0
"""Seconds that all functions together may take: they run at the same time."""
_LABEL = 200
"""Characters of a label: the monitor takes nothing of a host that has longer ones."""


def lines(values: Sequence[Value]) -> str:
    """Return values as the exporter reads them, each series once."""
    rows = {}
    for name, labels, value in values:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        rows[f"{name}{{{inside}}}"] = value
    return "".join(f"{series} {float(value)!r}\n" for series, value in rows.items())


def _escaped(text: str) -> str:
    valid = text[:_LABEL].encode(errors="replace").decode()
    return valid.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def measured(
    wanted: Mapping[str, Sequence[str]], most: int, longest: float = _LONGEST
) -> tuple[list[Value], list[str]]:
    """Return the values of functions, given their arguments, with when; and why some have none.

    One that has more than `most` values has failed: what many hosts have is not what is to be
    watched of one.
    Each runs in a process of its own: one that hangs is ended, with all that it runs, and none
    waits for it.
    """
    found, wrong, until = list[Value](), list[str](), time.monotonic() + longest
    begun = {name: _begun(name, arguments, most) for name, arguments in wanted.items()}
    for name, (process, pipe) in begun.items():
        values, why = list[Value](), f"took more than {longest:.0f} seconds"
        if pipe.poll(max(0.0, until - time.monotonic())):
            values, why = pipe.recv()
        else:
            os.killpg(process, signal.SIGKILL)
        found += [*values, ("hopthu_measure_failed", {"measure": name}, bool(why))]
        wrong += [f"{name}: {why}"] * bool(why)
    return [*found, ("hopthu_measured_seconds", {}, time.time())], wrong


def _begun(name: str, arguments: Sequence[str], most: int) -> tuple[int, Connection]:
    """Begin a measurement; return the process, which leads a group, and what it will say."""
    parent, child = Pipe(duplex=False)
    process = os.fork()
    if process:
        child.close()
        return process, parent
    try:
        os.setpgid(0, 0)
        child.send(_said(name, arguments, most))
    finally:
        os._exit(0)  # what called this one goes on in its parent alone


def _said(name: str, arguments: Sequence[str], most: int) -> tuple[list[Value], str]:
    """Return the values of a function, or why it has none."""
    try:
        values = [*islice(_MEASURES[name](*arguments), most + 1)]
    except Exception as error:  # noqa: BLE001  (whatever it is, of this one alone)
        return [], f"{type(error).__name__}: {error}"
    return ([], f"more than {most} values") if len(values) > most else (values, "")


def main() -> None:
    """Measure what the file of the first argument names, and write it to that of the second.

    The third is how many values one function may have.
    """
    os.umask(0o022)
    settings, place, most = sys.argv[1:]
    values, wrong = measured(json.loads(Path(settings).read_text("utf-8")), int(most))
    write(Path(place), lines(values))
    if wrong:
        print("\n".join(wrong), file=sys.stderr)  # noqa: T201  (the journal of the unit)
