"""Measure mail: what is accepted, stored and signed in a second, and where processor time goes.

In a lab of the centre, and beside it in the same run, in turn, round after round: the same centre
with a process for each delivery, as it was at 4db8f24; without scanning; without an index for
searches; and a Dovecot alone on one of its hosts, with Debian's settings and Maildir, which is
handed letters over ten connections. All hosts and the clients share the cores of this machine, so a
figure in seconds says little beside others' load; ratios of one run say more, and the time of the
processor for a letter says most.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.driving import ROOT, Centre, up
from benchmarks.rows import Row, table
from hopthu.cli.clock import today
from hopthu.daemons.dovecot import OWNER
from hopthu.desired.state import desired
from hopthu.validate import read

Say = Callable[[str], None]
Used = Mapping[tuple[str, str], float]
Parts = Mapping[str, tuple[str, tuple[str, ...]]]

_ON_HOSTS = Path(__file__).with_name("mail_load.py").read_text(encoding="utf-8")
_SENDER, _SESSIONS, _FIRST = "cong-dan@example.org", 10, 50
_UNIT = "hopthu-alone"
_CONF, _KEPT = "/etc/dovecot/dovecot.conf", "/root/dovecot.conf.measured"
_ALONE = "/var/lib/hopthu-alone"

OURS, EACH = "as it is", "as at 4db8f24"
UNSCANNED, UNINDEXED, ALONE = "not scanned", "no index for searches", "Dovecot alone"
KEPT = "imap processes for 1,000 sessions"
_BY_LETTERS, _BY_SIGN_INS = (EACH, UNSCANNED, UNINDEXED, ALONE), (KEPT, ALONE)

# What stands behind the configuration of Dovecot on stores; the last value of a setting counts.
_OTHERWISE = {
    EACH: "service lmtp {\n  restart_request_count = 1\n}\n",
    UNINDEXED: "fts_autoindex = no\n",
    KEPT: "service imap {\n  restart_request_count = 1000\n}\n",
}

# As Debian ships it: only what has no default, or would be in the way of the other Dovecot.
_ALONE_CONF = f"""\
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = /run/{_UNIT}
listen = 127.0.0.1
protocols {{
  imap = yes
  lmtp = yes
}}
ssl_server_cert_file = /etc/hopthu/tls/host.pem
ssl_server_key_file = /etc/hopthu/tls/host.key
mail_driver = maildir
mail_home = {_ALONE}/%{{user}}
mail_path = ~/Maildir
mail_uid = {OWNER}
mail_gid = {OWNER}
passdb passwd-file {{
  passwd_file_path = {_ALONE}/passwd
}}
userdb static {{
}}
service lmtp {{
  inet_listener lmtp {{
    port = 10024
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = 10993
  }}
}}
"""
_ALONE_UP = f"""\
set -e
install -d -o {OWNER} -g {OWNER} {_ALONE}
cat >{_ALONE}/passwd
printf %s {shlex.quote(_ALONE_CONF)} >{_ALONE}/dovecot.conf
systemd-run --quiet --unit {_UNIT} --service-type notify dovecot -F -c {_ALONE}/dovecot.conf
"""
_ALONE_DOWN = f"systemctl stop {_UNIT}; rm -rf {_ALONE}"

LETTER: Parts = {
    "edge: Postfix": ("edge1", ("postfix",)),
    "edge: Rspamd": ("edge1", ("rspamd",)),
    "edge: ClamAV": ("edge1", ("clamav-daemon",)),
    "stores: delivery": ("store", ("dovecot/lmtp", "dovecot/ended")),
    "stores: index for searches": ("store", ("dovecot/indexer", "dovecot/indexer-worker")),
    "stores: Dovecot in all": ("store", ("dovecot",)),
    "stores: directory": ("store", ("slapd",)),
    "centre: journals": ("", ("systemd-journald",)),
}
SIGN_IN: Parts = {
    "access: directory": ("access", ("slapd",)),
    "access: Dovecot": ("access", ("dovecot",)),
    "stores: directory": ("store", ("slapd",)),
    "stores: Dovecot": ("store", ("dovecot",)),
}
"""What of the time of each is told by itself: its hosts, and services or programs of Dovecot."""


@dataclass
class Measured:
    """What was measured of one peer, round by round; the processor's time in s for each."""

    accepted: list[float] = field(default_factory=list)
    stored: list[float] = field(default_factory=list)
    signed_in: list[float] = field(default_factory=list)
    by_letters: list[Used] = field(default_factory=list)
    by_sign_ins: list[Used] = field(default_factory=list)


def spent(rounds: Sequence[Used], hosts: str = "", names: Sequence[str] = ()) -> float:
    """Return the mean time in ms of services, or programs of Dovecot; of all services if none."""
    wanted = set(names) or {n for used in rounds for _, n in used if "/" not in n} - {"ssh", "all"}
    return 1000 * mean(
        sum(
            time for (host, name), time in used.items() if host.startswith(hosts) and name in wanted
        )
        for used in rounds
    )


@dataclass(frozen=True)
class Load:
    """How much is asked of each peer in each round."""

    letters: int = 800
    sign_ins: int = 120
    rounds: int = 3


class Bench:
    """A centre that is up and applied, and the people of it who have mailboxes."""

    def __init__(self, centre: Centre, load: Load) -> None:
        """Look up people, their passwords and hosts."""
        self.centre, self.load, self.lab = centre, load, centre.lab
        loaded = read(centre.root, centre.on)
        people = desired(loaded.organisation, loaded.policy, centre.on)
        held = json.loads((self.lab.directory / "passwords.json").read_text(encoding="utf-8"))
        hashes = self.lab.directory / "first_passwords.json"
        self.hashes = json.loads(hashes.read_text(encoding="utf-8"))
        self.people = {
            f"{m.addresses[0]}@{people.domain}": (m.id, held[m.id])
            for m in people.live()
            if m.kind == "personal" and m.state == "active"
        }
        self.hosts = [h.name for h in self.lab.hosts.values() if h.ours and not h.operates]
        self.stores = [h.name for h in self.lab.hosts.values() if "store" in h.roles]
        self.edge, self.access = (
            next(h for h in self.lab.hosts.values() if role in h.roles)
            for role in ("edge", "access")
        )
        self.found = {name: Measured() for name in (OURS, *_BY_LETTERS, KEPT)}

    def on(self, host: str, function: str, **asked: object) -> Any:
        """Call a function of `mail_load.py` on a host."""
        tail = f"\nimport sys\nprint(json.dumps({function}(json.load(sys.stdin))))\n"
        line = f"python3 -c {shlex.quote(_ON_HOSTS + tail)}"
        return json.loads(self.centre.ssh(host, line, json.dumps(asked).encode()))

    @contextmanager
    def used(self, number: int) -> Iterator[dict[tuple[str, str], float]]:
        """Yield what is filled at the end: the time of each service of each host, by `number`."""
        before: Used = self._used()
        found: dict[tuple[str, str], float] = {}
        yield found
        for key, time_ in self._used().items():
            found[key] = (time_ - before.get(key, 0.0)) / number

    def _used(self) -> Used:
        return {(h, name): s for h in self.hosts for name, s in self.on(h, "cpu").items()}

    def _send(self, host: str, token: str, letters: int, **to: object) -> tuple[float, float]:
        asked = {"sender": _SENDER, "recipients": list(self.people), "sessions": _SESSIONS}
        said = self.on(host, "send", token=token, letters=letters, **asked, **to)
        return said["started"], said["ended"]

    def _from_outside(self, letters: int) -> tuple[float, float, list[tuple[str, float, str]]]:
        """Send letters; return when it began, when the last was accepted, and what was stored."""
        token = f"m{time.time_ns()}"
        to = {"address": self.edge.address, "port": 25, "name": "mx.example.org"}
        began, ended = self._send("internet", token, letters, **to, tls=True, lmtp=False)
        self.on(self.edge.name, "drained", within=600)
        stored = [
            tuple(letter)
            for store in self.stores
            for letter in self.on(store, "stored", since=int(began) - 1, token=token)["stored"]
        ]
        if len(stored) != letters or len({letter for letter, _, _ in stored}) != letters:
            sys.exit(f"{letters} letters were accepted, {len(stored)} stored")
        return began, ended, stored

    def letters(self, peer: str) -> None:
        """Send letters through the centre as `peer` has it, after some that do not count."""
        number, found = self.load.letters, self.found[peer]
        self._from_outside(_FIRST)
        with self.used(number) as used:
            began, ended, stored = self._from_outside(number)
        processes = len({process for _, _, process in stored})
        # Of a burst Postfix hands on some letters over the connection of the one before.
        if (processes > number / 2) != (peer == EACH):
            sys.exit(f"{peer}: {processes} processes delivered {number} letters")
        found.accepted.append(number / (ended - began))
        found.stored.append(number / (max(when for _, when, _ in stored) - began))
        found.by_letters.append(used)

    def letters_alone(self) -> None:
        """Hand letters to the Dovecot alone, on its own host."""
        number, found, host = self.load.letters, self.found[ALONE], self.stores[0]
        to = {"address": "127.0.0.1", "port": 10024, "name": "localhost", "tls": False}
        self._send(host, "first", _FIRST, **to, lmtp=True)
        with self.used(number) as used:
            began, ended = self._send(host, "alone", number, **to, lmtp=True)
        found.stored.append(number / (ended - began))
        found.by_letters.append(_of_alone(used))

    def sign_ins(self, peer: str) -> None:
        """Sign people in through the proxy, or at the Dovecot alone."""
        people = [(address, password) for address, (_, password) in self.people.items()]
        number, found = self.load.sign_ins, self.found[peer]
        host, address, port = "client", self.access.address, 993
        if peer == ALONE:
            host, address, port = self.stores[0], "127.0.0.1", 10993
        to = {"address": address, "port": port, "sessions": _SESSIONS}
        with self.used(number) as used:
            said = self.on(host, "sign_in", people=people, sign_ins=number, **to)
        found.signed_in.append(number / (said["ended"] - said["started"]))
        found.by_sign_ins.append(_of_alone(used) if peer == ALONE else used)

    @contextmanager
    def stores_with(self, lines: str) -> Iterator[None]:
        """Have the stores' Dovecot read some lines more."""
        reload = f"doveconf -c {_CONF} -n >/dev/null && systemctl reload dovecot"
        try:
            for store in self.stores:
                add = f"cp {_CONF} {_KEPT} && cat >>{_CONF} && {reload}"
                self.centre.ssh(store, add, lines.encode())
            yield
        finally:
            for store in self.stores:
                self.centre.ssh(store, f"[ ! -e {_KEPT} ] || mv {_KEPT} {_CONF} && {reload}")

    @contextmanager
    def unscanned(self) -> Iterator[None]:
        """Have the edge accept mail without its scanners."""
        kept = self.centre.ssh(self.edge.name, "postconf -h smtpd_milters").strip()
        change = "postconf -e smtpd_milters={} && systemctl reload postfix"
        self.centre.ssh(self.edge.name, change.format(""))
        try:
            yield
        finally:
            self.centre.ssh(self.edge.name, change.format(shlex.quote(kept)))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have a second Dovecot on a store, for the same people with the same passwords."""
        passwords = "".join(
            f"{address}:{self.hashes[key].replace('{ARGON2}', '{ARGON2ID}')}\n"
            for address, (key, _) in self.people.items()
        )
        self.centre.ssh(self.stores[0], _ALONE_UP, passwords.encode())
        try:
            yield
        finally:
            self.centre.ssh(self.stores[0], _ALONE_DOWN)

    def round(self, backwards: bool) -> None:
        """Measure every peer once, in an order or in its reverse."""
        steps: list[tuple[AbstractContextManager[None], Callable[[], None]]] = [
            (nullcontext(), lambda: self.letters(OURS)),
            (self.stores_with(_OTHERWISE[EACH]), lambda: self.letters(EACH)),
            (self.unscanned(), lambda: self.letters(UNSCANNED)),
            (self.stores_with(_OTHERWISE[UNINDEXED]), lambda: self.letters(UNINDEXED)),
            (self.alone(), self.letters_alone),
            (nullcontext(), lambda: self.sign_ins(OURS)),
            (self.stores_with(_OTHERWISE[KEPT]), lambda: self.sign_ins(KEPT)),
            (self.alone(), lambda: self.sign_ins(ALONE)),
        ]
        for changed, measure_it in reversed(steps) if backwards else steps:
            with changed:
                measure_it()

    def measure(self, say: Say) -> dict[str, Measured]:
        """Measure round after round."""
        for number in range(self.load.rounds):
            say(f"mail, round {number + 1} of {self.load.rounds}")
            self.round(backwards=bool(number % 2))
        return self.found


def _of_alone(used: Used) -> Used:
    """Return what the Dovecot alone used."""
    return {key: time_ for key, time_ in used.items() if key[1] == _UNIT}


def _rate(what: str, ours: Sequence[float], peer: str, theirs: Sequence[float]) -> Row:
    """Compare a rate with a peer's: the more the better, medians of the rounds."""
    us, them = median(ours), median(theirs)
    return Row(f"mail: {what} a second", f"{us:.1f}", f"{peer} {them:.1f}", us / them)


def _times(each: str, used: Mapping[str, list[Used]], parts: Parts) -> Iterator[Row]:
    """Compare times of the processor, the less the better; the parts with the first peer's.

    A part that did not run at the peer's has no row.
    """
    names = list(used)[1:]
    whole: tuple[str, tuple[str, ...]] = ("", ())
    told = [(f"mail: processor for {each}", peer, whole) for peer in names]
    told += [(f"mail: processor for {each}, {part}", names[0], of) for part, of in parts.items()]
    for what, peer, of in told:
        ours, theirs = spent(used[OURS], *of), spent(used[peer], *of)
        if theirs > 0:
            yield Row(what, f"{ours:.1f} ms", f"{peer} {theirs:.1f} ms", ours / theirs)


def rows(found: Mapping[str, Measured]) -> list[Row]:
    """Return the table: rates, then the time of the processor for each, and its parts."""
    ours = found[OURS]
    return [
        *(_rate("accepted", ours.accepted, n, found[n].accepted) for n in (EACH, UNSCANNED)),
        *(_rate("stored", ours.stored, n, found[n].stored) for n in _BY_LETTERS),
        *(_rate("signed in", ours.signed_in, n, found[n].signed_in) for n in _BY_SIGN_INS),
        *_times("a letter", {n: found[n].by_letters for n in (OURS, *_BY_LETTERS)}, LETTER),
        *_times("a sign-in", {n: found[n].by_sign_ins for n in (OURS, *_BY_SIGN_INS)}, SIGN_IN),
    ]


def measure(folder: Path, say: Say, load: Load = Load()) -> list[Row]:
    """Take every figure in a centre of the shipped data."""

    def write(root: Path) -> None:
        shutil.copytree(ROOT / "data", root / "data")

    with up(folder / "mail", write, today()) as centre:
        say("mail: apply")
        centre.apply()
        return rows(Bench(centre, load).measure(say))


def measure_in(lab: Path, folder: Path, say: Say, load: Load) -> list[Row]:
    """Take every figure in a lab that is up and applied."""
    (folder / "checkout").symlink_to(ROOT)
    (folder / "lab").symlink_to(lab.resolve())
    return rows(Bench(Centre(folder, today()), load).measure(say))


def main() -> None:
    """Measure and print."""
    usual = Load()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=usual.letters, help="of a peer in a round")
    parser.add_argument("--sign-ins", type=int, default=usual.sign_ins, help="the same")
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    parser.add_argument("--lab", type=Path, help="a lab that is up and applied; else one is booted")
    given = parser.parse_args()
    load = Load(given.letters, given.sign_ins, given.rounds)

    def say(step: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} … {step}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="hopthu-mail-") as name:
        folder = Path(name)
        found = (
            measure_in(given.lab, folder, say, load) if given.lab else measure(folder, say, load)
        )
        print(table(found))


if __name__ == "__main__":
    main()
