"""Mailboxes of an old server are brought in whole and once, also if killed; no password stays."""

import csv
import io
import json
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from canary import Processes, spellings, told
from labs import CHECKOUT, Lab, environment, forget_journals, in_network_of
from old_server import ADMINISTRATOR, FOLDERS, FQDN, OldServer, found, running

from hopthu.cli.clock import today
from hopthu.desired.state import Mailbox, desired
from hopthu.validate import read

NUMBER = 20
EACH = 15
"""Messages in each folder."""
CANARY = "Chim-hoàng-yến"
CREATED = ("Hồ sơ/Năm 2024", "Hồ sơ", "Đơn vị (cũ)/Công văn đến", "Đơn vị (cũ)")
PROGRAMS = "systemctl list-units --plain --no-legend | awk '/hopthu migrate/ {print $1}'"


def chosen() -> list[Mailbox]:
    """Return mailboxes of people on both stores."""
    on = today()
    loaded = read(CHECKOUT, on)
    live = desired(loaded.organisation, loaded.policy, on).live()
    people = [m for m in live if m.kind == "personal" and m.state == "active"]
    of = {store: [m for m in people if m.store == store] for store in ("store1", "store2")}
    return [*of["store1"][-8:], *of["store2"][-12:]]


PEOPLE = chosen()
assert NUMBER == len(PEOPLE)
UNIT = "so-tai-chinh"
STORE = {each.id: each.store for each in PEOPLE} | {UNIT: "store1"}


@pytest.fixture(scope="module")
def old(centre: Lab) -> Iterator[OldServer]:
    """The old server with twenty mailboxes; mailboxes here are as before at the end."""
    chance = random.Random(8)  # noqa: S311
    signs = ("'", '"', "$x", "%s", "<", "\\", "#", " ")
    passwords = {
        f"user{n}": f"{CANARY}{signs[n % len(signs)]}{chance.randrange(10**9)}"
        for n in range(NUMBER)
    }
    with running(centre, passwords, f"{CANARY}-quản-trị") as server:
        with in_network_of(centre):
            for user in passwords:
                for folder in FOLDERS:
                    server.put(user, folder, chance, EACH)
        (centre.folder / "old.pem").write_text(server.certificate)
        yield server
    clear(centre)
    forget_journals(centre)


def clear(lab: Lab) -> None:
    """Take away what was brought."""
    folders = " ".join(map(shlex.quote, CREATED))
    for store in ("store1", "store2"):
        people = " ".join(each for each, at in STORE.items() if at == store)
        lab.ssh(
            store,
            f"""for id in {people}; do
            doveadm expunge -u $id mailbox '*' header message-id @old.example
            doveadm mailbox delete -u $id {folders} 2>/dev/null
            rm -f /var/vmail/*/$id/migrated; done""",
        )
    (lab.folder / "old.pem").unlink()


def listed(old: OldServer, people: Mapping[str, str], *, passwords: bool = True) -> str:
    """Return the list, of users by person."""
    text = io.StringIO()
    csv.writer(text).writerows(
        [person, user, *([old.passwords[user]] if passwords else [])]
        for person, user in people.items()
    )
    return text.getvalue()


ALL = {each.id: f"user{n}" for n, each in enumerate(PEOPLE)}


class Migration:
    """Runs `hopthu migrate` with a list that is in a file for the run alone."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        """Write lists into a folder."""
        self.lab, self.path = lab, folder / "people.csv"

    def argv(self, people: str, *options: str) -> list[str]:
        """Return the command."""
        self.path.touch(mode=0o600)
        self.path.write_text(people, encoding="utf-8")
        ca = str(self.lab.folder / "old.pem")
        return ["migrate", "lab", "--from", FQDN, "--people", str(self.path), "--ca", ca, *options]

    def run(self, people: str, *options: str, expect: int = 0) -> dict[str, dict[str, object]]:
        """Run it to its end; return the report by person."""
        done = self.lab.hopthu(*self.argv(people, *options), "--format", "json", expect=expect)
        assert CANARY not in done.stdout + done.stderr
        return {each["id"]: each for each in json.loads(done.stdout)["mailboxes"]}

    def begin(self, people: str) -> subprocess.Popen[str]:
        """Start it in the background."""
        words = [*self.argv(people), "--format", "json", "--progress", "json"]
        return subprocess.Popen(
            [sys.executable, "-m", "hopthu", *words],
            cwd=CHECKOUT, env=environment(self.lab), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip


def until(program: subprocess.Popen[str], messages: int) -> None:
    """Wait until so many messages have been copied."""
    assert program.stderr is not None
    for line in program.stderr:
        event = json.loads(line)
        if event["event"] == "mailboxes_filled" and event["messages"] >= messages:
            return
    pytest.fail(f"it ended first: {program.stdout and program.stdout.read()}")


@contextmanager
def killing(lab: Lab, store: str) -> Iterator[None]:
    """Kill what copies mail on a store, once, soon after it has begun."""
    script = (
        f'echo waiting; until [ -n "$({PROGRAMS})" ]; do sleep 0.05; done; sleep 0.5; '
        f"{PROGRAMS} | xargs -r systemctl kill -s KILL"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "hopthu", "lab", "ssh", store, "--", script],
        cwd=CHECKOUT, env=environment(lab), stdout=subprocess.PIPE, text=True,
    ) as killer:  # fmt: skip
        assert killer.stdout is not None
        assert "waiting\n" == killer.stdout.readline()
        yield
        assert 0 == killer.wait(60)


@pytest.fixture
def migration(centre: Lab, tmp_path: Path) -> Migration:
    """Run it in the lab."""
    return Migration(centre, tmp_path)


def test_killed_halfway_and_resumed(centre: Lab, old: OldServer, migration: Migration) -> None:
    """Show 8: the operator is killed, then the programs on a store; then it runs to its end."""
    total, began = NUMBER * EACH * len(FOLDERS), int(time.time())
    people = listed(old, ALL)
    with Processes() as processes:
        operator = migration.begin(people)
        until(operator, total // 4)
        operator.send_signal(signal.SIGKILL)
        operator.wait()
        deadline = time.monotonic() + 10
        while any(centre.ssh(store, PROGRAMS).strip() for store in ("store1", "store2")):
            assert time.monotonic() < deadline, "they outlive the operator"
            time.sleep(0.2)

        with killing(centre, "store2"):
            operator = migration.begin(people)
            report, _ = operator.communicate()
        assert 4 == operator.returncode, report
        assert "Traceback" not in report
        broken = [each for each in json.loads(report)["mailboxes"] if each["failed"]]
        assert broken
        assert {"store2"} == {each["store"] for each in broken}
        assert {"run it again: it goes on where it stopped"} == {each["fix"] for each in broken}

        done = migration.run(people)
    assert {EACH * len(FOLDERS)} == {each["here"] for each in done.values()}
    assert {0} == {each["doubled"] for each in done.values()}
    for person, user in ALL.items():
        assert sorted(old.held[user]) == sorted(found(centre, STORE[person], person)), person
    assert {0} == {each["copied"] for each in migration.run(people).values()}

    assert any(b"migrate\0lab" in each for each in processes.seen), "they were not watched"
    ways = [way for word in old.passwords.values() for way in spellings(word)]
    ways += spellings(CANARY)
    assert not [each for each in processes.seen for way in ways if way.encode() in each]
    assert {} == {name: files for name, files in told(centre, began, ways).items() if files}
    for store in ("store1", "store2"):
        assert "" == centre.ssh(
            store, f"{PROGRAMS}; ls /run/systemd/transient | grep -i migrate || :"
        )
    runs = json.loads(
        centre.hopthu("history", "--inventory", "lab", PEOPLE[0].id, "--format", "json").stdout
    )["runs"]
    assert "message(s) were copied from mx.example.org:993" in runs[0]["changes"][0]


def test_a_wrong_password_is_named_and_others_go_on(
    centre: Lab, old: OldServer, migration: Migration
) -> None:
    """The report says whose; the account that signs in for others does without any."""
    three = dict(list(ALL.items())[:3])
    wrong = list(three)[1]
    people = listed(old, three).replace(
        old.passwords[three[wrong]].replace('"', '""'), f"{CANARY}?"
    )
    report = migration.run(people, expect=4)
    assert [wrong] == [person for person, each in report.items() if each["failed"]]
    assert f"mx.example.org:993 refuses the sign-in of {three[wrong]}: " in str(
        report[wrong]["reason"]
    )
    password = migration.path.with_name("administrator")
    password.touch(mode=0o600)
    password.write_text(f"{old.administrator}\n", encoding="utf-8")
    names = listed(old, three, passwords=False)
    report = migration.run(names, "--admin", ADMINISTRATOR, "--admin-password", str(password))
    assert {0} == {each["copied"] for each in report.values()}
    assert {EACH * len(FOLDERS)} == {each["here"] for each in report.values()}


def test_a_second_pass_brings_what_is_new(
    centre: Lab, old: OldServer, migration: Migration
) -> None:
    """And leaves alone what the owner has changed here."""
    person, user = next(iter(ALL.items()))
    store, only = STORE[person], {person: user}
    migration.run(listed(old, only))
    before = sorted(found(centre, store, person))
    inbox = [look for look in before if look[0] == "INBOX"]
    flagged, moved, removed = (f"header message-id '{look[1]}'" for look in inbox[:3])
    of = f"-u {person}"
    centre.ssh(
        store,
        f"""set -e
        doveadm flags replace {of} '\\Deleted' mailbox INBOX {flagged}
        doveadm move {of} Trash mailbox INBOX {moved}
        doveadm expunge {of} mailbox INBOX {removed}""",
    )
    mine = sorted(found(centre, store, person))
    assert mine != before
    with in_network_of(centre):
        (late,) = old.put(user, "INBOX", random.Random(1))  # noqa: S311
    report = migration.run(listed(old, only))[person]
    assert (1, 0) == (report["copied"], report["doubled"])
    now = sorted(found(centre, store, person))
    assert mine == [look for look in now if look[1] != late]


def test_the_mailbox_of_a_unit_is_filled_as_well(
    centre: Lab, old: OldServer, migration: Migration
) -> None:
    """It has no password at all."""
    report = migration.run(listed(old, {UNIT: "user3"}))[UNIT]
    assert (EACH * len(FOLDERS), 0) == (report["here"], report["doubled"])
    looks = [look for look in found(centre, STORE[UNIT], UNIT) if look in old.held["user3"]]
    assert sorted(old.held["user3"]) == sorted(looks)


def test_only_the_proven_server_is_asked(centre: Lab, old: OldServer, migration: Migration) -> None:
    """Another authority, or another name, and no password is sent."""
    person, user = next(iter(ALL.items()))
    people = listed(old, {person: user})
    words = migration.argv(people)
    words[words.index("--ca") + 1] = str(centre.folder / "secrets" / "ca.pem")
    done = centre.hopthu(*words, expect=4)
    assert "mx.example.org:993 does not prove that it is the one" in done.stdout
    words = migration.argv(people)
    words[words.index("--from") + 1] = "10.88.0.101"
    assert "does not prove" in centre.hopthu(*words, expect=4).stdout
    words[words.index("--from") + 1] = f"{FQDN}:143"
    assert "1 complete, 0 not" in centre.hopthu(*words).stdout


def test_who_has_no_open_mailbox_is_refused(centre: Lab, migration: Migration) -> None:
    """Before anything begins."""
    people = "nguyen-tien-dung,a,x\nnobody,b,y\n"
    words = [word for word in migration.argv(people) if word != "--ca" and "old.pem" not in word]
    done = centre.hopthu(*words, expect=3)
    assert "nguyen-tien-dung" in done.stderr
    assert "nobody" in done.stderr
