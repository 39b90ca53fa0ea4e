"""Stores in pairs: who serves, what is rendered, and what a host does, without a kernel for it."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import pytest
from pyinfra.context import ctx_host

from hopthu.app import deployment
from hopthu.app import pairs as apart
from hopthu.app import secrets as app_secrets
from hopthu.app.workspace import Workspace
from hopthu.apply.health import question
from hopthu.apply.order import batches
from hopthu.daemons import backup as backups
from hopthu.daemons import dovecot, moves, pairs, postfix, reconnect
from hopthu.daemons.base import system
from hopthu.daemons.base import units as units_of_base
from hopthu.daemons.pairs import DAEMON, pair_of
from hopthu.daemons.registry import daemons_of, services_of
from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.entries import entries
from hopthu.errors import HostFailed, UsageError
from hopthu.git.repository import Repository
from hopthu.inventory.loader import Inventory
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy, Site, Storage, Stores
from hopthu.operations import pairs as operations
from hopthu.remote.host import pairs as here
from hopthu.remote.host import units
from hopthu.remote.host.state import Failed
from hopthu.render.context import Context
from hopthu.servers.survey import Deployment, answering
from hopthu.servers.take_overs import take_overs
from hopthu.source.records import Source
from hopthu.ssh import Ssh, Target
from hopthu.validate import Loaded
from host_calls import asked


def host(name: str, last: int, *roles: str, fqdn: str = "", store: str = "") -> Host:
    stores = (store,) if store else ()
    return Host(
        name, f"{fqdn or name}.gov.vn", f"10.88.0.{last}", frozenset(roles or ("store",)), stores
    )


A, B = (host(n, at, fqdn="store1", store="store1") for n, at in (("store1a", 31), ("store1b", 32)))
OTHERS = (
    host("access1", 21, "access"),
    host("dir1", 11, "directory"),
    host("edge1", 41, "edge"),
    host("store2", 33, store="store2"),
)
WHOLE = Centre("c", tuple(sorted((*OTHERS, A, B), key=lambda each: each.name)))


def served_by(name: str) -> Centre:
    return WHOLE.serving({"store1": name})


def policy(serving: str = "store1a") -> Policy:
    storage = {"store1": Storage(drbd=serving), "store2": Storage(replicated="TTCNTT")}
    return Policy(stores=Stores(storage=storage), centre=Site(ranges=("10.88.0.0/24",)))


def mailbox(key: str, store: str) -> Mailbox:
    return Mailbox(key, "personal", key, (key,), "active", store, 1, "stc", "Sở Tài chính")


STATE = Desired(
    on=date(2026, 6, 1), domain="gov.vn",
    mailboxes=(mailbox("an", "store1"), mailbox("chi", "store2")), access=(), reserved=(),
)  # fmt: skip


def context(name: str, serving: str) -> Context:
    centre = served_by(serving)
    keys = {"host.pem": b"", "ca.pem": b"", "host.key": b""}
    return Context(centre.host(name), centre, STATE, policy(serving), keys)


def texts(found: dict[str, object]) -> str:
    return "".join(each.content.decode() for each in found.values())  # type: ignore[attr-defined]


def test_one_host_serves_and_the_other_stands_by() -> None:
    centre = served_by("store1b")
    assert ["store1b", "store2"] == [each.name for each in centre.stores]
    assert "store1b" == centre.store_host("store1").name
    assert ["store2"] == [each.name for each in centre.other_stores(centre.host("store1a"))]
    assert "store1a" not in [each.name for each in centre.at_work]


@pytest.mark.parametrize(
    "wrong",
    [
        (A,),
        (A, replace(B, fqdn="store1b.gov.vn")),
        (A, replace(B, roles=frozenset({"store", "access"}))),
        (A, replace(B, stores=("store1", "store3"))),
        (replace(A, stores=("store1", "store3")), replace(B, stores=("store1", "store3"))),
        (A, B, replace(B, name="store1c")),
        (replace(A, name="store1c"), B),
    ],
    ids=[
        "alone",
        "other name",
        "other role",
        "other store",
        "two stores",
        "three",
        "not the one that serves",
    ],
)
def test_two_hosts_that_are_no_pair_are_refused(wrong: tuple[Host, ...]) -> None:
    """Nobody may need the host that stands by, and what is sent to the store must find it."""
    with pytest.raises(UsageError, match="not on two hosts of its own, store1a one"):
        Centre("c", wrong).serving({"store1": "store1a"})


def test_hosts_share_a_name_only_as_a_pair() -> None:
    with pytest.raises(UsageError, match=r"several hosts are called store1.gov.vn"):
        WHOLE.serving({})


def test_a_take_over_changes_no_entry() -> None:
    """What names the store is its own, so that tens of thousands of entries stay as they are."""
    before, after = (entries(STATE, served_by(each), policy()) for each in ("store1a", "store1b"))
    assert before == after
    assert ("store1.gov.vn",) in [each.get("mailHost") for each in before.values()]


def test_mail_and_people_are_sent_to_the_host_that_serves() -> None:
    for name in ("access1", "store2"):
        text = texts(dovecot.files(context(name, "store1b")))  # type: ignore[arg-type]
        assert "10.88.0.32" in text
        assert "10.88.0.31" not in text
    assert "lmtp:inet:[10.88.0.32]:24" in dict(postfix.routes(STATE, served_by("store1b"))).values()
    text = texts(postfix.files(context("edge1", "store1b")))  # type: ignore[arg-type]
    assert "[10.88.0.32]:24 = secure match=store1.gov.vn" in text
    assert "10.88.0.31" not in text


def admitted(name: str) -> list[str]:
    """Return the lines by which the packet filter of a host admits others, if store1b serves."""
    text = texts(system(context(name, "store1b")))  # type: ignore[arg-type]
    return [line for line in text.splitlines() if "saddr" in line]


def test_peers_drop_the_address_of_the_host_that_stands_by() -> None:
    """All but its partner, for the mail itself, and whoever copies the directory."""
    for name in ("access1", "store2"):
        assert not [line for line in admitted(name) if "10.88.0.31" in line]
    (line,) = [line for line in admitted("store1b") if "10.88.0.31" in line]
    assert str(pairs.PORT) in line


def test_whoever_waits_for_the_host_that_stands_by_connects_anew() -> None:
    """It may be dead. To its daemons alone: the operator goes on."""
    (text,) = texts(reconnect.files(context("edge1", "store1b"))).splitlines()[1:]
    assert "( dst 10.88.0.31 )" in text
    assert {"24", "993", "4190"} <= {*re.findall(r":(\d+)", text)}
    assert {"22", f"{pairs.PORT}"}.isdisjoint(re.findall(r":(\d+)", text))
    assert {} == reconnect.files(context("store1a", "store1b"))
    assert {} == reconnect.files(replace(context("edge1", "store1b"), centre=Centre("c", OTHERS)))


@pytest.mark.parametrize("name", ["store1a", "store1b"])
def test_a_take_over_changes_no_file_of_either_host(name: str) -> None:
    """It starts what is there already; only what is missed of a host goes by where the mail is."""
    one, other = (copied(name, serving) for serving in ("store1a", "store1b"))
    sets = [each for daemon in daemons_of(A) for each in daemon.file_sets]
    changed = [each.name for each in sets if each.render(one) != each.render(other)]
    assert ["exporter"] == changed


def test_both_hosts_have_the_same_files() -> None:
    for render in (pairs.files, units_of_base):
        assert render(context("store1a", "store1b")) == render(context("store1b", "store1b"))
    assert {} == pairs.files(context("store2", "store1b"))
    assert f"/etc/systemd/system/{here.UNIT}" in pairs.files(context("store1a", "store1b"))


def test_what_is_confirmed_is_on_both_disks() -> None:
    """Marks too, which are renames, and what is in an index alone."""
    for name, always in (("store1a", True), ("store1b", True), ("store2", False)):
        text = texts(dovecot.files(context(name, "store1b")))  # type: ignore[arg-type]
        assert always == ("mail_fsync = always" in text)


def test_what_needs_the_mail_runs_where_it_is() -> None:
    waiting, serving = (served_by("store1b").host(each) for each in ("store1a", "store1b"))
    for one, runs in ((waiting, False), (serving, True)):
        assert runs == ("dovecot" in [each.unit for each in services_of(one)])
        assert runs == ("delivery" in question(one, STATE, "vp")["checks"])


def test_no_record_of_a_host_says_that_it_serves() -> None:
    """Else a rollback would stop the one that has taken over."""
    kept = [
        dovecot.DAEMON.kept_running(one.host, {"dovecot": dovecot.files(one)})
        for one in (context("store1a", "store1b"), context("store1b", "store1b"))
    ]
    assert [("dovecot.service",)] * 2 == kept
    assert () == DAEMON.services


@pytest.mark.parametrize(("mail", "dovecot", "fine"), [
    ("dead", "dead", True), ("mounted", "dead", False), ("mounted", "running", True),
])  # fmt: skip
def test_what_goes_with_the_mail_is_started_only_where_that_is(
    monkeypatch: pytest.MonkeyPatch, mail: str, dovecot: str, fine: bool
) -> None:
    state = {"dovecot.service": dovecot, "var-vmail.mount": mail}

    def run(*argv: str, **_options: object) -> SimpleNamespace:
        unit = argv[-1]
        if "show" in argv:
            said = f"Id={unit}\nPartOf=var-vmail.mount\nUnitFileState=enabled\n"
        elif "list-units" in argv:
            said = json.dumps([{"unit": unit, "sub": state[unit]}])
        else:
            said = json.dumps([{"unit_file": unit, "state": "enabled"}])
        return SimpleNamespace(stdout=said)

    monkeypatch.setattr(units, "run", run)
    monkeypatch.setattr(units, "output", lambda *argv: run(*argv).stdout)
    assert {"dovecot.service": (fine, True)} == units.services(["dovecot.service"])


def copied(name: str, serving: str = "store1b") -> Context:
    """Return what is rendered of a centre that has copies and a monitor, for a host of it."""
    known = context(name, serving)
    others = host("backup1", 51, "backup"), host("monitor1", 61, "monitor")
    centre = replace(known.centre, hosts=(*known.centre.hosts, *others))
    return replace(known, centre=centre, keys={**known.keys, "backup.key": b"hash word key"})


def test_all_that_needs_the_mail_is_a_unit_of_a_host() -> None:
    """A drop-in for a name that no unit has would hold nothing."""
    placed = {**moves.files(copied("store1a")), **backups.files(copied("store1a"))}
    for daemon in (moves, backups):
        for name in daemon.DAEMON.need_mail:
            assert f"/etc/systemd/system/{name}.service" in placed
            assert f"/etc/systemd/system/{name}.service.d/pair.conf" in pairs.files(
                context("store1a", "store1a")
            )


def test_jobs_are_missed_only_where_the_mail_is() -> None:
    for name, jobs in (("store1a", False), ("store1b", True)):
        assert jobs == ("jobs" in backups.DAEMON.measures(copied(name)))


def test_a_store_is_left_before_it_is_taken_over() -> None:
    """And before those are told that send mail there; whichever host is first by its name."""
    for serving, waiting in (("store1a", "store1b"), ("store1b", "store1a")):
        every = [each.name for each in WHOLE.hosts]
        order = [
            name for wave in batches(served_by(serving), every, ["dir1"], every) for name in wave
        ]
        assert ["dir1", waiting, serving, "store2", "access1", "edge1"] == order


def test_the_port_is_for_the_partner_alone() -> None:
    (passage,) = DAEMON.passages
    for one, other in ((A, [B]), (B, [A]), (OTHERS[3], [])):
        assert other == [*passage.sources(WHOLE, one)]
    assert pair_of(WHOLE, A) == pair_of(WHOLE, B)


def test_no_program_of_the_partner_reaches_the_port() -> None:
    """Only its kernel does, whose packets are of no account, and root."""
    text = texts(system(context("store1a", "store1a")))  # type: ignore[arg-type]
    (line,) = [line for line in text.splitlines() if f"10.88.0.32 . {pairs.PORT}" in line]
    assert line.endswith("meta skuid != root reject with tcp reset")
    assert f"dport {{ {pairs.PORT} }} meta skuid" not in text


def test_nothing_that_the_kernel_is_told_of_a_pair_is_secret() -> None:
    """What DRBD is told is in arguments of programs, and in the journal if one fails."""
    assert not [path for path, file in pairs.files(context("store1a", "store1a")).items()
                if file.secret]  # fmt: skip


# --- Hosts that need not answer ---------------------------------------------------------------


def wanted(serving: str, limit: tuple[str, ...] = ()) -> Deployment:
    inventory = Inventory(Path("c.py"), WHOLE, {each.name: {} for each in WHOLE.hosts}, {})
    loaded = Loaded(Organisation({}, {}), policy(serving), Source(Path(), {}, (), {}))
    return Deployment.of(Repository(Path()), inventory, loaded, STATE.on, limit)


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of hosts that do not answer."""
    found: set[str] = set()

    def connect(_ssh: Ssh, target: Target) -> None:
        if target.name in found:
            raise HostFailed(f"cannot reach {target.name} within {target.patience} s")

    monkeypatch.setattr(Ssh, "connect", connect)
    return found


def test_a_host_that_stands_by_need_not_answer(gone: set[str]) -> None:
    gone |= {"store1a", "edge1"}
    left, why = answering(wanted("store1b"), Ssh())
    assert ["cannot reach store1a within 5 s"] == [each.what for each in why]
    assert ["access1", "dir1", "edge1", "store1b", "store2"] == [*left.limit]


def test_a_host_that_serves_has_to_answer(gone: set[str]) -> None:
    """Then the run ends as ever: only a decision says that another host serves its store."""
    gone |= {"store1a"}
    whole = wanted("store1a")
    assert (whole, ()) == answering(whole, Ssh())


def test_nothing_is_applied_to_others_than_those_named(gone: set[str]) -> None:
    """No limit is left of one that names the silent host alone, which would mean all."""
    gone |= {"store1a"}
    with pytest.raises(HostFailed, match="store1a"):
        answering(wanted("store1b", ("store1a",)), Ssh())


# --- What is said before a take-over ----------------------------------------------------------


def answer(**more: object) -> here.Found:
    found = dict.fromkeys(here.Found.__annotations__, False)
    return {**found, "usable": True, "last": 0.0, "said": "WFConnection", **more}  # type: ignore[typeddict-item,return-value]


SERVES = answer(serves=True)


@pytest.mark.parametrize(
    ("found", "refused", "said"),
    [
        ({"store1a": SERVES, "store1b": answer(other=True, current=True)}, False, "is up to date"),
        ({"store1a": SERVES, "store1b": answer(other=True)}, True, "not known to be up to date"),
        ({"store1b": answer(other=True, current=True)}, True, "not both would be told"),
        ({"store1b": answer(last=1796000000.0)}, False, "last the same at 2026-11-30 07:53:20"),
        ({"store1b": answer()}, False, "is not known"),
        ({"store1b": answer(usable=False)}, True, "not complete"),
        ({"store1a": answer(), "store1b": answer(current=True)}, False, "nor store1a does"),
        ({"store1a": answer(), "store1b": answer()}, True, "not known to be up to date"),
        ({"store1a": SERVES, "store1b": SERVES}, True, "both store1b and store1a serve it"),
    ],
)
def test_what_may_be_lost_is_said_or_the_switch_is_refused(
    found: dict[str, here.Found], refused: bool, said: str
) -> None:
    (told,) = take_overs(found, served_by("store1b"), found)
    assert refused == bool(told.fix)
    assert said in told.said


@pytest.mark.parametrize("told", [["store1a"], ["store1b"]])
def test_one_host_alone_is_not_told_of_a_take_over(told: list[str]) -> None:
    """Nobody would serve, or both: whoever is left out answers, and is asked."""
    found = {"store1a": SERVES, "store1b": answer(current=True)}
    (said,) = take_overs(found, served_by("store1b"), told)
    assert said.fix
    assert "not both would be told" in said.said


def test_mail_that_would_be_covered_is_refused_before_anything_is_changed() -> None:
    for name in ("store1a", "store1b"):
        found = {"store1a": answer(said=""), "store1b": answer(said="")}
        found[name] = answer(said="", covered=True)
        (said,) = take_overs(found, served_by("store1b"), found)
        assert said.fix
        assert "on no disk of the two" in said.said


def test_a_pair_does_not_end_by_a_line() -> None:
    """Its host would have no mail after its next start, and take new mail."""
    alone = Centre("c", (*OTHERS, A)).serving({})
    (said,) = take_overs({"store1a": answer(serves=True, paired=True)}, alone, ["store1a"])
    assert said.fix
    assert "another host has a copy of" in said.said
    own = {"store1a": answer(serves=True)}
    assert [] == [*take_overs(own, alone, own)], "a disk that somebody else replicates"


def test_a_copy_that_gets_nothing_any_more_is_named() -> None:
    """It has what nobody else has, also if its host serves nobody; nothing else waits for it."""
    for name in ("store1a", "store1b"):  # the kernel of one may have seen it alone
        found = {"store1b": answer(serves=True), "store1a": answer()}
        found[name]["apart"] = True
        (said,) = take_overs(found, served_by("store1b"), found)
        assert said.fix is None
        assert "pair discard" in said.said


@pytest.mark.parametrize("last", [1e300, float("-inf"), -1e18])
def test_a_host_that_names_no_time_hinders_nobody(last: float) -> None:
    (said,) = take_overs({"store1b": answer(last=last)}, served_by("store1b"), ["store1b"])
    assert "is not known" in said.said


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"store1a": answer(), "store1b": SERVES},
        {"store1a": answer(said=""), "store1b": answer(said="")},
    ],
    ids=["not asked", "as it is", "new"],
)
def test_nothing_is_said_if_nothing_is_taken_over(found: dict[str, here.Found]) -> None:
    assert [] == [*take_overs(found, served_by("store1b"), found)]


# --- What hosts are told ----------------------------------------------------------------------


class Asked:
    """A host that is being changed, and what it says of itself."""

    name, data, current_op_hash = "store1a", dict[str, object](), None
    state = SimpleNamespace(is_executing=True)

    def noop(self, _why: str) -> None:
        """Have nothing to do."""


def steps(
    monkeypatch: pytest.MonkeyPatch, operation: object, *arguments: object, **found: object
) -> list[str]:
    """Return the functions that an operation calls on a host that is `found` so."""
    monkeypatch.setattr(operations, "ask", lambda *_: answer(**found))
    monkeypatch.setattr(operations, "calling", lambda given: iter([given()]))
    host: Any = Asked()
    with ctx_host.use(host):
        return [asked(each)[1] for each in operation._inner(*arguments)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("serves", "found", "told"),
    [
        (True, {"serves": True, "holds": True, "at_boot": True}, []),
        (True, {"serves": True, "holds": True}, ["take_over"]),
        (False, {}, []),
        (False, {"at_boot": True}, ["leave"]),
        (False, {"holds": True}, ["leave"]),
    ],
    ids=["as it is", "not after a boot", "stands by", "would at a boot", "could write"],
)
def test_a_host_is_told_what_it_does_not_do_yet(
    monkeypatch: pytest.MonkeyPatch, serves: bool, found: dict[str, bool], told: list[str]
) -> None:
    """Whoever could write keeps the other one from serving, such as after half a take-over."""
    given = steps(monkeypatch, operations.served, "s1", "mail.mount", "/mail", serves, **found)
    assert told == given


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"kept": True}, []),
        ({"said": ""}, ["prepare"]),
        ({"said": "WFConnection"}, ["prepare"]),
        ({"serves": True}, []),
    ],
    ids=["kept", "new host", "new disk", "serves from the partner's disk"],
)
def test_a_copy_is_made_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, object], told: list[str]
) -> None:
    given = steps(monkeypatch, operations.copied, "s1", "/dev/disk", "/mail", **found)
    assert told == given


# --- The end of a split -----------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What hosts are told, and what is on record, of a split that one of them may refuse to end."""
    found: list[str] = []

    class Note:
        @staticmethod
        def of(*_: object) -> type["Note"]:
            return Note

        @staticmethod
        def add(_hosts: object, result: str, _changes: object) -> None:
            found.append(f"record {result}".strip())

    def on(split: apart.Split, host: Host) -> Callable[..., object]:
        def call(function: Callable[..., object], *arguments: str) -> object:
            found.append(f"{host.name} {function.__name__} {arguments[-1]}")
            if function is here.give_up and arguments[-1] == "/full":
                raise HostFailed("no space")
            return answer(serves=host == split.keeps)

        return call

    monkeypatch.setattr(apart, "Noting", Note)
    monkeypatch.setattr(apart.Split, "_on", on)
    return found


def in_a_split(serving: str) -> apart.Split:
    centre = served_by(serving)
    keeps = centre.host(serving)
    gives = centre.partner(keeps)
    assert gives
    workspace = Workspace(Repository(Path()), STATE.on, "en", lambda: datetime.now(UTC), {})
    return apart.Split(workspace, wanted(serving), Ssh(), "store1", keeps, gives)


def test_the_host_that_stands_by_gives_way(told: list[str]) -> None:
    """Its copy is aside before the other one is told to take it back; all of that is on record."""
    in_a_split("store1b").end("/aside")
    assert ["record", "store1a give_up /aside", "store1b rejoin store1", "record applied"] == told


@pytest.mark.parametrize("path", ["aside", "./aside", ""])
def test_what_is_kept_has_an_absolute_path(told: list[str], path: str) -> None:
    """Else it would be in whatever folder programs start in there."""
    with pytest.raises(UsageError, match="absolute"):
        in_a_split("store1b").end(path)
    assert [] == told


def test_without_room_nothing_is_given_up(told: list[str]) -> None:
    with pytest.raises(HostFailed, match="no space"):
        in_a_split("store1b").end("/full")
    assert ["record", "store1a give_up /full", "record failed"] == told


# --- On a host --------------------------------------------------------------------------------

ALONE = "WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown"
BEHIND = "SyncTarget ro:Primary/Secondary ds:Inconsistent/UpToDate"
LEFT = [
    f"systemctl disable --quiet --now {here.UNIT}", "systemctl stop mail.mount",
    "drbdadm secondary s1",
]  # fmt: skip
SAME = "Connected ro:Secondary/Primary ds:UpToDate/UpToDate"
SERVING = SAME.replace("Secondary/Primary", "Primary/Secondary")


def kernel(text: str) -> None:
    head = "version: 8.4.11 (api:1/proto:86-101)\n\n"
    here.KERNEL.write_text(f"{head} 0: cs:{text} C r-----\n    ns:0 nr:0\n")


YES, NO = 4, 1
"""Answers to `fence-peer`: the partner is out of it, or not (drbd.conf-8.4(5), exit codes)."""


def shell(name: str) -> str:
    """Return the command with which the kernel of a host asks."""
    text = pairs.files(context(name, "store1a"))["/etc/drbd.d/store1.res"].content.decode()
    (found,) = re.findall(r'fence-peer "([^"\\\n]*)";', text)
    return str(found)


def ran_by_shell(command: str) -> int:
    return subprocess.run(["/bin/sh", "-c", command], check=False).returncode


def answered(store: str) -> int:
    """Return what the kernel is answered of a store, where decisions lie in a test."""
    handler = shell("store1a").replace(pairs.DECISIONS, str(here.DECISIONS))
    return ran_by_shell(handler.replace("store1", store))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Commands that ran; `primary` is refused as an isolated copy is, unless somebody decided."""
    found: list[str] = []
    allowed: list[bool] = []
    codes = {("drbdadm", "dump-md"): 1, ("blkid", "-p"): 2}

    def run(*argv: str, fine: object = None) -> SimpleNamespace:
        found.append(" ".join(argv))
        if argv == ("drbdadm", "primary", "s1") and not allowed:
            if answered("s1") != YES:
                raise Failed("State change failed: (-7) Refusing to be Primary")
            allowed.append(True)
        return SimpleNamespace(returncode=codes.get(argv[:2], 0))

    monkeypatch.setattr(here, "run", run)
    monkeypatch.setattr(here, "output", lambda *_: str(tmp_path / "mail"))
    monkeypatch.setattr(here, "DECISIONS", tmp_path / "decisions")
    monkeypatch.setattr(here, "KERNEL", tmp_path / "drbd")
    monkeypatch.setattr(here, "_PATIENCE", 0.0)
    monkeypatch.setattr(here.os.path, "ismount", lambda _path: False)
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    kernel(ALONE)
    return found


def test_the_kernel_is_answered_yes_only_during_a_take_over(ran: list[str]) -> None:
    assert NO == answered("s1")
    here.take_over("s1")
    served = (f"systemctl {what} {here.UNIT}" for what in ("enable --quiet --no-reload", "restart"))
    assert [*served] == ran[-2:]
    assert NO == answered("s1")


def test_nothing_but_a_decision_is_a_yes(tmp_path: Path) -> None:
    """Whatever else comes of asking: another store, no folder, no right to look."""
    assert Path(pairs.DECISIONS) == here.DECISIONS
    handler = shell("store1a")
    assert NO == ran_by_shell(handler)
    (tmp_path / "store1").touch()
    here_now = handler.replace(pairs.DECISIONS, str(tmp_path))
    assert YES == ran_by_shell(here_now)
    assert NO == ran_by_shell(here_now.replace("store1", "store2"))
    assert NO == ran_by_shell(here_now.replace("test ", "no-such-program "))


def test_a_copy_that_is_behind_is_not_switched_to(ran: list[str]) -> None:
    kernel(BEHIND.replace("SyncTarget", "SyncSource"))
    with pytest.raises(Failed, match="not up to date"):
        here.leave("s1", "mail.mount")
    assert [] == ran


def test_a_host_whose_own_disk_failed_leaves_its_store(ran: list[str]) -> None:
    """The partner has everything: that is what counts."""
    kernel("Connected ro:Primary/Secondary ds:Diskless/UpToDate")
    here.leave("s1", "mail.mount")
    assert LEFT == ran
    kernel("Connected ro:Secondary/Primary ds:UpToDate/Diskless")
    assert here.found("s1", "/mail")["current"]


def test_what_is_written_while_a_store_is_left_is_on_both_disks(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partner may go just then: the store is not left, and served again."""
    do: Callable[..., object] = here.run

    def cut(*argv: str, fine: object = None) -> object:
        if argv == ("systemctl", "stop", "mail.mount"):
            kernel("WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown")
        return do(*argv)

    monkeypatch.setattr(here, "run", cut)
    kernel(SERVING)
    with pytest.raises(Failed, match="not up to date"):
        here.leave("s1", "mail.mount")
    assert [*LEFT[:2], f"systemctl enable --quiet --now {here.UNIT}"] == ran


def test_a_new_disk_in_a_host_is_filled(ran: list[str], tmp_path: Path) -> None:
    """The kernel knows the store since the start of the host, and has no disk."""
    kernel("WFConnection ro:Secondary/Unknown ds:Diskless/DUnknown")
    assert not here.found("s1", "/mail")["kept"]
    here.prepare("s1", "/dev/disk", str(tmp_path / "mail"))
    made = ["drbdadm create-md --force s1", f"systemctl enable --quiet {here.COPY}"]
    assert [*made, f"systemctl restart {here.COPY}"] == ran[-3:]


def test_a_disk_that_has_failed_hinders_nobody(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "_readable", lambda _disk: False)
    kernel("WFConnection ro:Secondary/Unknown ds:Diskless/DUnknown")
    here.prepare("s1", "/dev/disk", "/no/mail")
    assert [] == ran


def test_two_new_disks_can_be_served_from(ran: list[str]) -> None:
    """Also if the run ended that made them: there is nothing that one of them could lack."""
    kernel("Connected ro:Secondary/Secondary ds:Inconsistent/Inconsistent")
    assert here.found("s1", "/mail")["current"]
    kernel("SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate")
    assert not here.found("s1", "/mail")["current"]


def test_what_is_given_up_is_kept_first(
    ran: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And nothing is if there is no split, or no room; whose file it is, nobody is cut off for."""
    full, aside = [True], str(tmp_path / "aside")

    def copied(_disk: Path, target: BinaryIO) -> int:
        if full:
            raise OSError(28, "No space left on device")
        ran.append("copy")
        return target.write(b"content")

    monkeypatch.setattr(here, "_copied", copied)
    kernel(SAME)
    with pytest.raises(Failed, match="not apart"):
        here.give_up("s1", "mail.mount", aside)
    kernel("StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown")
    with pytest.raises(FileNotFoundError):
        here.give_up("s1", "mail.mount", f"{aside}/in/no/folder")
    assert [] == ran
    with pytest.raises(OSError, match="No space"):
        here.give_up("s1", "mail.mount", aside)
    assert LEFT == ran
    full.clear()
    ran.clear()
    assert 7 == here.give_up("s1", "mail.mount", aside)
    assert [*LEFT, "copy", "drbdadm connect --discard-my-data s1"] == ran
    ran.clear()
    with pytest.raises(FileExistsError):
        here.give_up("s1", "mail.mount", aside)
    assert [] == ran


def test_a_disk_is_written_aside_once_at_a_time(ran: list[str], tmp_path: Path) -> None:
    """Whoever interrupted it may ask again, while the first one still copies there."""
    kernel("StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown")
    with here._alone("s1"), pytest.raises(Failed, match="being written aside"):
        here.give_up("s1", "mail.mount", str(tmp_path / "aside"))
    assert [] == ran
    assert not (tmp_path / "aside").exists()


def test_what_is_kept_is_on_a_disk(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory it would be gone with the next start."""
    monkeypatch.setattr(here, "output", lambda *_: "tmpfs\n")
    kernel("StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown")
    with pytest.raises(Failed, match="in memory"):
        here.give_up("s1", "mail.mount", "/tmp/aside")  # noqa: S108
    assert [] == ran


def test_the_mail_is_served_again_if_it_cannot_be_left(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    do: Callable[..., None] = here.run

    def busy(*argv: str, fine: object = None) -> None:
        do(*argv)
        if argv == ("systemctl", "stop", "mail.mount"):
            raise Failed("target is busy")

    monkeypatch.setattr(here, "run", busy)
    kernel(SERVING)
    with pytest.raises(Failed, match="busy"):
        here.leave("s1", "mail.mount")
    assert f"systemctl enable --quiet --now {here.UNIT}" == ran[-1]


@pytest.mark.parametrize("connection", ["Unconnected", "WFConnection", "WFReportParams"])
def test_a_new_disk_waits_for_the_other_one(ran: list[str], connection: str) -> None:
    """Whatever the connection is about to be."""
    kernel(f"{connection} ro:Secondary/Unknown ds:Inconsistent/DUnknown")
    with pytest.raises(Failed, match="does not answer"):
        here.take_over("s1")
    assert [] == ran


def note(folder: Path) -> None:
    """Do in a folder what the unit does in its own, for another store."""
    path = "/etc/systemd/system/hopthu-pair-same.service"
    text = pairs.files(context("store1a", "store1a"))[path].content.decode()
    assert "\nWorkingDirectory=/var/lib/hopthu/pairs\n" in text
    (line,) = re.findall(r"^ExecStart=(.*)$", text.replace("%%", "%"), re.MULTILINE)
    ours = line.replace("store1", "s1").replace("/proc/drbd", str(here.KERNEL))
    subprocess.run(shlex.split(ours), cwd=folder, check=True)


def test_a_host_notes_when_both_copies_were_the_same(ran: list[str], tmp_path: Path) -> None:
    """Later it can say so though its partner has gone, and then it notes nothing."""
    assert (0.0, False) == tuple(here.found("s1", "/mail")[key] for key in ("last", "same"))  # type: ignore[literal-required]
    folder = tmp_path / "state" / "pairs"
    folder.mkdir(parents=True)
    kernel(SAME)
    note(folder)
    noted = here.found("s1", "/mail")
    assert noted["same"]
    assert noted["other"]
    assert abs(noted["last"] - datetime.now(UTC).timestamp()) < 60
    kernel(ALONE)
    (folder / "s1").write_text("7\n")
    note(folder)
    assert 7.0 == here.found("s1", "/mail")["last"]


def test_a_folder_with_mail_is_not_covered(ran: list[str], tmp_path: Path) -> None:
    """That of a store on one host: it would be there, and nobody could read it."""
    (tmp_path / "mail" / "people").mkdir(parents=True)
    with pytest.raises(Failed, match="on no disk of a pair"):
        here.prepare("s1", "/dev/disk", str(tmp_path / "mail"))
    assert [] == ran


def test_another_disk_for_mail_is_not_covered(
    ran: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store on one host may have one: the disk of the pair would wait below it until a boot."""
    monkeypatch.setattr(here.os.path, "ismount", lambda _path: True)
    with pytest.raises(Failed, match="on no disk of a pair"):
        here.prepare("s1", "/dev/disk", str(tmp_path))
    found = here.found("s1", str(tmp_path))
    assert (False, True) == (found["serves"], found["covered"])
    assert [] == ran


def test_without_a_kernel_module_there_is_no_copy(ran: list[str]) -> None:
    here.KERNEL.unlink()
    assert "" == here.found("s1", "/mail")["said"]


def test_whichever_host_serves_goes_on_with_the_copies_of_the_store(tmp_path: Path) -> None:
    """What the other one sent comes back through it; who keeps them knows one name of both."""
    keeper = host("backup1", 61, "backup")
    whole = Centre("c", (keeper, *WHOLE.hosts))
    secrets = Secrets(tmp_path / "secrets", tmp_path / "age.key")
    made = secrets.make(whole.serving({"store1": "store1a"}), "gov.vn", datetime.now(UTC))
    assert ["backup/dir1.key.age", "backup/store1.key.age", "backup/store2.key.age"] == [
        name for name in made if name.startswith("backup/")
    ]
    settings, known = [], []
    for serving in ("store1a", "store1b"):
        centre = whole.serving({"store1": serving})
        assert [] == secrets.make(centre, "gov.vn", datetime.now(UTC))
        for name, found in ((serving, settings), ("backup1", known)):
            one = centre.host(name)
            keys = secrets.for_host(one, centre)
            files = backups.files(Context(one, centre, STATE, policy(serving), keys))
            found.append((keys.get("htpasswd"), files))
    assert settings[0] == settings[1]
    assert known[0] == known[1]
    hashes, files = known[0]
    assert b"\nstore1:{SHA}" in hashes
    assert f"{backups.KEYS}/store1.key.age" in files
    assert b"/store1\n" in settings[0][1][f"{backups.SETTINGS}/to/backup1"].content


INVENTORY = """
def _host(name, address, fqdn="", stores=()):
    return name, {"address": address, "fqdn": fqdn or f"{name}.gov.vn", "stores": stores,
                  "secrets": "secrets", "age_identity": "age.key"}

store = [_host("store1a", "10.88.0.31", "store1.gov.vn", ["store1"]),
         _host("store1b", "10.88.0.32", "store1.gov.vn", ["store1"])]
backup = [_host("backup1", "10.88.0.51")]
"""


def test_the_keys_that_are_made_are_those_that_hosts_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the copies have the name of the store, by which both hosts ask for them."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "production.py").write_text(INVENTORY)
    loaded = SimpleNamespace(policy=policy())
    monkeypatch.setattr(deployment, "load", lambda *_, **__: None)
    monkeypatch.setattr(deployment, "policy_of", lambda _: loaded.policy)
    monkeypatch.setattr(app_secrets, "read", lambda *_: loaded)
    workspace = Workspace(Repository(tmp_path), STATE.on, "en", lambda: datetime.now(UTC), {})
    list(app_secrets.create(workspace, "production"))
    found = deployment.inventory_of(workspace, "production")
    keys = app_secrets.secrets_of(workspace, found)
    for each in found.centre.hosts:
        assert keys.for_host(each, found.centre)


def test_a_store_on_two_hosts_has_a_name_that_no_other_host_has() -> None:
    """Copies would be mixed up."""
    other = host("store1", 35, store="store3")
    with pytest.raises(UsageError, match=r"several hosts are called store1\n"):
        Centre("c", (*WHOLE.hosts, replace(other, fqdn="other.gov.vn"))).serving(
            {"store1": "store1a"}
        )


def test_what_is_written_aside_is_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up half-way keeps no remains."""
    monkeypatch.setattr(here.os, "O_DIRECT", 0)
    disk, aside = tmp_path / "disk", tmp_path / "aside"
    content = b"x" * here._BLOCK + bytes(here._BLOCK) + b"end" + bytes(here._BLOCK - 3)
    disk.write_bytes(content)
    with here._new(aside) as target:
        assert len(content) == here._copied(disk, target)
    assert content == aside.read_bytes()

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(here.os, "fsync", full)
    with pytest.raises(OSError, match="No space"), here._new(tmp_path / "other") as target:
        here._copied(disk, target)
    assert [aside, disk] == sorted(tmp_path.iterdir())
