"""Moves of mailboxes to another store: which, in which batches, and what a failure leaves."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest

from hopthu.daemons import moves as daemon
from hopthu.desired.state import Desired, Mailbox
from hopthu.errors import HostFailed
from hopthu.inventory.topology import Centre, Host
from hopthu.migration import run
from hopthu.migration.pending import TOGETHER, Batch, batches, waiting
from hopthu.migration.remote import Cut, Stores
from hopthu.migration.run import Moves, hosts_needed
from hopthu.migration.session import RemoteSession
from hopthu.model.policy import Policy
from hopthu.remote.host.moves_copy import is_cut
from hopthu.remote.host.moves_settle import Settled
from hopthu.remote.host.packing import packed
from hopthu.remote.host.unit_access import Changes
from hopthu.render.context import Context
from hopthu.ssh import Outcome, Ssh, Target
from host_calls import asked

STORE1, STORE2, STORE3 = (
    Host(name, f"{name}.vn", "10.0.0.1", frozenset({"store"}), (name,))
    for name in ("store1", "store2", "store3")
)
DIR = Host("dir1", "dir1.vn", "10.0.0.2", frozenset({"directory"}))
CENTRE = Centre("lab", (DIR, STORE1, STORE2, STORE3))


def entry(here: str, there: str, key: str) -> Mapping[str, tuple[str, ...]]:
    return {"uid": (key,), "mailHost": (f"{here}.vn",), "hopthuMoving": (f"{there}.vn",)}


def person(key: str, unit: str) -> Mailbox:
    kind = "unit" if key == unit else "personal"
    return Mailbox(key, kind, key, (key,), "active", "store2", 1, unit, unit)  # type: ignore[arg-type]


ENTRIES = {
    "uid=an,ou=people,dc=vn": entry("store1", "store2", "an"),
    "uid=ha,ou=people,dc=vn": entry("store1", "store2", "ha"),
    "uid=lan,ou=people,dc=vn": entry("store2", "store1", "lan"),
    "ou=stc,ou=units,dc=vn": entry("store1", "store2", "stc"),
}
DESIRED = Desired(
    date(2026, 6, 1),
    "vn",
    (person("an", "xa"), person("ha", "stc"), person("lan", "stc"), person("stc", "stc")),
    (),
    (),
)


NO_CHANGES: Changes = {
    "revoked": [], "emptied": [], "granted": [], "listed": packed(""), "subscribed": [],
    "ended": [],
}  # fmt: skip


def names(batch: Batch) -> list[str]:
    return batch.paths


def test_unit_is_moved_with_its_people() -> None:
    """The unit comes first, so that its readers find it; each pair of stores has own batches."""
    found = list(batches(waiting(ENTRIES, CENTRE), DESIRED))
    assert [["units/stc", "people/ha", "people/an"], ["people/lan"]] == [*map(names, found)]
    assert [(STORE1, STORE2), (STORE2, STORE1)] == [(b.source, b.target) for b in found]


def test_small_batches_are_moved_at_once() -> None:
    """No mailbox is unavailable while a thousand others are moved."""
    many = {f"uid=p{n},ou=people,dc=vn": entry("store1", "store2", f"p{n}") for n in range(60)}
    sizes = [len(batch.mailboxes) for batch in batches(waiting(many, CENTRE), DESIRED)]
    assert [TOGETHER, TOGETHER, 60 - 2 * TOGETHER] == sizes


@pytest.mark.parametrize("pair", [("old", "store1"), ("store1", "old")])
def test_missing_store_is_named(pair: tuple[str, str]) -> None:
    """A host was removed from the inventory before its mailboxes had left it or arrived."""
    with pytest.raises(HostFailed, match=r"no store old\.vn"):
        waiting({"uid=an,ou=people,dc=vn": entry(*pair, "an")}, CENTRE)


def test_every_store_is_needed() -> None:
    """A store that does not take part would not learn of a move; a single store needs none."""
    assert {"dir1", "store1", "store2", "store3"} == hosts_needed(CENTRE)
    assert frozenset() == hosts_needed(Centre("one", (DIR, STORE1)))


class Hosts:
    """Hosts on which the step `wrong` fails; `done` are the steps and what scripts received."""

    def __init__(self, wrong: str = "", left: Sequence[str] = ()) -> None:
        self.centre, self.wrong = CENTRE, wrong
        self.left = dict.fromkeys(left, "store2.vn")
        self.done: list[str] = []
        self.here: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Return a step without a result, such as `open` or `copy`."""
        return lambda *_: self._step(name)

    def _step(self, name: str) -> None:
        self.done.append(name)
        if self.wrong == name:
            raise HostFailed(f"{name} fails")

    def waiting(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Return two mailboxes that are to be moved from the first store to the second."""
        return {dn: ENTRIES[dn] for dn in list(ENTRIES)[:2]}

    def settle(self, store: Host, *, close: bool = False) -> Settled:
        """Return old copies on the first store."""
        self.done += ["close"] * close
        left = self.left if store == STORE1 else {}
        return {"left": left, "here": [] if store == STORE1 else self.here}

    def have(self, _: Host, mailboxes: Sequence[str]) -> Sequence[str]:
        """Return all mailboxes for the second store, unless they are lost."""
        return [] if self.wrong == "lost" else mailboxes

    def drop(self, _: Host, mailboxes: Sequence[str]) -> None:
        """Remove old copies."""
        self.done += [f"drop {mailbox}" for mailbox in mailboxes]

    def hold(self, *_: object) -> "Session":
        """Return the session with the directory, which answers twice."""
        answers = ["refused" if self.wrong == "hold" else "held"]
        return Session([*answers, "refused" if self.wrong == "switch" else "switched"], self.done)

    def leave(self, *_: object) -> "Session":
        """Return the session with the source."""
        return Session(["failed" if self.wrong == "leave" else "ready"], self.done)


class Session(AbstractContextManager["Session"]):
    """A call on a host that gives these answers; `received` collects requests."""

    def __init__(self, answers: list[str], received: list[str], reason: str = "") -> None:
        self._answers, self._received, self.reason = answers, received, reason

    def answer(self, *_: object) -> Sequence[str]:
        """Return the next answer."""
        return [self._answers.pop(0)] if self._answers else []

    def send(self, word: str) -> None:
        """Receive a request."""
        self._received.append(word)

    def hang_up(self) -> None:
        """Receive the end of the connection."""
        self._received.append("hung up")

    def __exit__(self, *_: object) -> None:
        """End."""


def moves(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> Moves:
    monkeypatch.setattr(run, "give", lambda *_: hosts.done.append("give"))
    return Moves(cast(Stores, hosts), DESIRED, hosts.done.append)


def test_directory_is_switched_after_copies_are_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mailboxes are copied twice in use, completed and put in place before the switch."""
    hosts = Hosts()
    assert {"store2": 2} == moves(hosts, monkeypatch).run()
    steps = [step for step in hosts.done if not step.startswith("moving ")]
    assert ["let_go", "close", "close", "close"] == steps[: steps.index("open")]
    expected = ["open", "room", "copy", "copy", "arrive", "switch", "hung up", "close"]
    assert expected == steps[steps.index("open") :]


def test_nobody_else_can_add_to_what_is_moving() -> None:
    """The target listens to the store that has the mailboxes, by its certificate."""
    context = Context(STORE2, CENTRE, DESIRED, Policy(), {})
    files = {path: file.content.decode() for path, file in daemon.files(context).items()}
    assert [f"{daemon.FOLDER}/from-{name}.conf" for name in ("store1", "store3")] == sorted(
        path for path in files if "/from-" in path
    )
    assert ["store1.vn"] == re.findall(
        "^checkHost = (.*)$", files[f"{daemon.FOLDER}/from-store1.conf"], re.MULTILINE
    )
    told: list[str] = []
    ssh = SimpleNamespace(output=lambda host, line, **_: told.append(f"{host.name}: {line}"))
    targets = {host.name: Target(host.name, host.name) for host in CENTRE.hosts}
    stores = Stores(cast(Ssh, ssh), CENTRE, "vn", targets)
    stores.open(next(batches(waiting(ENTRIES, CENTRE), DESIRED)))
    assert ["store2: systemctl start hopthu-moves@store1.service"] == told


@pytest.mark.parametrize("wrong", ["room", "copy", "hold", "leave", "arrive", "switch"])
def test_failure_is_reported_and_the_stores_are_closed(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`switch` is never sent after a failure, and the session that froze mailboxes is closed."""
    hosts = Hosts(wrong)
    with pytest.raises(HostFailed, match="not every mailbox was moved:\n  2 from store1 to store2"):
        moves(hosts, monkeypatch).run()
    assert "close" == hosts.done[-1]
    if wrong != "switch":
        assert "switch" not in hosts.done
    if wrong not in ("room", "copy"):
        assert "hung up" in hosts.done


class Flaky(Hosts):
    """Hosts whose connection is cut so many times; `pauses` are those between the attempts."""

    def __init__(self, cuts: int) -> None:
        super().__init__()
        self.cuts, self.pauses = cuts, list[float]()

    def copy(self, *_: object) -> None:
        """Copy, if the connection holds."""
        self.done.append("copy")
        self.cuts -= 1
        if self.cuts >= 0:
            raise Cut("store1: Connection refused")


def test_cut_connection_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    """With growing pauses, a restarted listener on the target, and a warning."""
    hosts, warned = Flaky(3), list[str]()
    one = moves(hosts, monkeypatch)
    one.sleep, one.warn = hosts.pauses.append, warned.append
    assert {"store2": 2} == one.run()
    assert [1, 2, 4] == hosts.pauses
    assert "cannot connect from store1 to store2; trying again in 4 s" == warned[-1]
    assert 1 + 3 == hosts.done.count("open")


def test_retries_end_after_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later batches of the same two stores are tried once each."""
    hosts = Flaky(10**6)
    many = {f"uid=p{n},ou=people,dc=vn": entry("store1", "store2", f"p{n}") for n in range(60)}
    monkeypatch.setattr(hosts, "waiting", lambda: many)
    one = moves(hosts, monkeypatch)
    one.sleep = hosts.pauses.append
    with pytest.raises(HostFailed, match="25 from store1 to store2: store1: Connection refused"):
        one.run()
    assert 30 == sum(hosts.pauses)
    assert (len(hosts.pauses) + 1) + 1 + 1 == hosts.done.count("copy")


def test_other_failures_are_not_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a rejected certificate does not go away by itself."""
    hosts = Hosts("copy")
    with pytest.raises(HostFailed, match="copy fails"):
        moves(hosts, monkeypatch).run()
    assert 1 == hosts.done.count("copy")


@pytest.mark.parametrize(
    ("code", "output", "expected"),
    [
        (5, "BIO_connect:Connection refused", True),
        (12, "rsync: connection unexpectedly closed (0 bytes received so far) [sender]", True),
        (12, "rsync: [sender] write error: Broken pipe (32)", True),
        (30, "rsync error: timeout in data send/receive", True),
        (12, "rsync: [receiver] write failed: No space left on device (28)", False),
        (12, "rsync error: error in file IO (code 11) at receiver.c", False),
        (5, "verify error:num=20:unable to get local issuer certificate", False),
        (5, "ssl3_read_bytes:tlsv13 alert certificate required", False),
        (5, "@ERROR: Unknown module 'arriving'", False),
        (23, "rsync: [sender] opendir failed: Permission denied (13)", False),
        (124, "", False),
    ],
)
def test_only_lost_connections_are_retried(code: int, output: str, expected: bool) -> None:
    """A connection that failed or was lost, but no error that would occur again."""
    assert expected == is_cut(code, output)


def test_old_copy_is_removed_once_the_new_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that of an earlier run."""
    hosts = Hosts(left=["people/ha"])
    moves(hosts, monkeypatch).run()
    assert "drop people/ha" in hosts.done


def test_access_is_granted_for_moves_of_an_earlier_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that died just after the switch leaves this to the next one."""
    hosts = Hosts()
    hosts.here = ["units/stc"]
    moves(hosts, monkeypatch).run()
    assert ["give", "finish", "finish", "finish"] == hosts.done[-4:]


def test_only_copy_is_never_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory places the mailbox on another store, which does not have it."""
    hosts = Hosts("lost", left=["people/ha"])
    with pytest.raises(HostFailed, match="people/ha: the directory places them on store2"):
        moves(hosts, monkeypatch).run()
    assert "drop people/ha" not in hosts.done


def test_only_what_grows_with_mailboxes_takes_long() -> None:
    """A host that does not answer anything else is given up after a minute, or with the freeze."""
    given: dict[str, float] = {}
    results = {
        "settle": {"left": {}, "here": []}, "size": 1, "room": [9, 9], "copy": "", "have": [],
        "pending": [], "granted": {"rights": [], "listed": packed("")},
    }  # fmt: skip

    def answer(_: Target, line: str, *, stdin: bytes = b"", timeout: float = 60) -> Outcome:
        name = asked(stdin)[1] if stdin else line.split()[1]
        given[name] = timeout
        return Outcome(0, json.dumps(results.get(name)), "")

    ssh = SimpleNamespace(run=answer, output=answer)
    targets = {host.name: Target(host.name, host.name) for host in CENTRE.hosts}
    stores = Stores(cast(Ssh, ssh), CENTRE, "vn", targets)
    batch = next(batches(waiting(ENTRIES, CENTRE), DESIRED))
    for step in (stores.waiting, stores.let_go):
        step()
    for at in (stores.settle, stores.finish, stores.access):
        at(STORE1)
    for of in (stores.open, stores.close, stores.room, stores.copy):
        of(batch)
    stores.arrive(batch, 75)
    stores.have(STORE1, [])
    stores.drop(STORE1, [])
    stores.change_access(STORE1, NO_CHANGES)
    day = 24 * 3600.0
    expected = dict.fromkeys(("settle", "size", "copy", "drop", "change"), day) | {"arrive": 75}
    assert expected == {name: timeout for name, timeout in given.items() if timeout != 60}
    assert 14 == len(given)


SESSION = """
import sys
asked, request = sys.stdin.readline(), sys.stdin.readline()
print('["cut"]\\nsomething else\\n%s' % request.strip())
if "on" in asked:
    while True:
        print('["cut"]')
if "wait" in asked:
    sys.stdout.flush()
    sys.stdin.read()
print("null")
"""


def session(asked: bytes, program: str = SESSION) -> RemoteSession:
    """Return a session with a program that is on this machine."""
    ssh = SimpleNamespace(argv=lambda *_: [sys.executable, "-c", program])
    return RemoteSession.calling(cast(Ssh, ssh), Target("store1", "store1"), asked)


def test_answers_are_read_as_they_come() -> None:
    """What is no answer is shown as it is; the result of the call is the end."""
    with session(b"call\n") as remote:
        remote.send("switch")
        answers = [remote.answer(30) for _ in range(5)]
    assert [["cut"], ["something else"], ["switch"], [], []] == answers


def test_a_host_that_goes_on_for_ever_is_not_listened_to() -> None:
    """Each answer comes soon; the last never does."""
    with RemoteSession("store1", [sys.executable, "-c", SESSION], 0.5) as remote:
        remote.send("on")
        remote.send("switch")

        def listen() -> None:
            while remote.answer(30):
                pass

        with pytest.raises(HostFailed, match=r"^store1: no answer within 30 s$"):
            listen()


def test_a_host_that_is_silent_is_not_waited_for() -> None:
    """It may never answer."""
    with session(b"wait\n") as remote:
        remote.send("switch")
        assert ["cut"] == remote.answer(30)
        for _ in range(2):
            remote.answer(30)
        with pytest.raises(HostFailed, match=r"^store1: no answer within 0 s$"):
            remote.answer(0.1)


DEAD = (
    "import sys; sys.stdin.readline(); print('trace\\nno such entry', file=sys.stderr); sys.exit(1)"
)


def test_a_call_that_has_ended_is_no_other_failure(capfd: pytest.CaptureFixture[str]) -> None:
    """What could not be sent is dropped; the last line of its errors is the reason."""
    with session(b"call\n", DEAD) as remote:
        assert [] == remote.answer(30)
        assert "no such entry" == remote.reason
        remote._process.wait()
        with pytest.raises(HostFailed, match=r"^store1: the connection was lost: no such entry$"):
            remote.send("switch")
        remote.hang_up()
    assert ("", "") == capfd.readouterr()


def test_a_call_that_does_not_start_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    """With the reason that ssh gives."""
    program = "import os, sys; os.close(0); sys.exit('no route to host')"
    with pytest.raises(HostFailed, match=r"^store1: the connection was lost: no route to host$"):
        session(b"call\n" * 100_000, program)
    assert ("", "") == capfd.readouterr()


def test_a_host_without_an_answer_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a call has failed in a way that nobody expected."""
    hosts = Hosts()
    monkeypatch.setattr(hosts, "hold", lambda *_: Session([], hosts.done, "no such entry"))
    with pytest.raises(HostFailed, match="the directory: no such entry"):
        moves(hosts, monkeypatch).run()
    monkeypatch.setattr(hosts, "hold", lambda *_: Session([], hosts.done))
    with pytest.raises(HostFailed, match="the directory: no output"):
        moves(hosts, monkeypatch).run()


def test_only_the_last_of_what_a_call_complains_about_is_kept() -> None:
    """It may go on without end; the end is the reason."""
    program = "import sys; sys.stdin.readline(); sys.stderr.write('x' * (1 << 20) + '\\nno room')"
    with session(b"call\n", program) as remote:
        assert [] == remote.answer(30)
        assert "no room" == remote.reason
        assert len(remote._errors._kept) < 1 << 17
