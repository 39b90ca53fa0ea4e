"""What is measured on hosts for the monitor, and what tells of alarms there."""

import contextlib
import http.server
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from hopthu.drift.collector import Report
from hopthu.drift.model import Drift
from hopthu.drift.state_file import ReportedDrift
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.remote.host import alarm_mail, measures, monitor_missed, timers
from hopthu.remote.host.backup import ended, last, result
from hopthu.remote.host.state import comes

CALL = {
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "ServiceDown",
                "host": "mail1",
                "job": "hosts",
                "name": "slapd",
            },
            "annotations": {
                "summary": "Một dịch vụ không chạy.",
                "runbook": "docs/x.md#servicedown",
                "steps": "1. `systemctl start <name>`",
            },
            "startsAt": "2026-06-01T00:00:00Z",
        }
    ],
}


def values(wanted: dict[str, list[str]]) -> dict[str, float]:
    """Return what is measured, by name and labels, without when."""
    measured, _ = measures.measured(wanted, 500)
    found = {f"{name}{json.dumps(labels)}": value for name, labels, value in measured}
    del found["hopthu_measured_seconds{}"]
    return found


def program(folder: Path, name: str, says: str, code: int = 0) -> None:
    """Put a program in front of all others that prints something."""
    (folder / f"{name}.says").write_text(says, "utf-8")
    path = folder / name
    path.write_text(f"#!/bin/sh\ncat {folder}/{name}.says\nexit {code}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found first."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


HOSTS = ("store1=10.0.0.1", "store2=10.0.0.2", "edge1=10.0.0.3")


@dataclass(frozen=True)
class Queue:
    """A host with letters in its queue, a table of routes, and a journal of what was delivered."""

    folder: Path

    def holds(self, *letters: tuple[str, float], queue: str = "deferred") -> None:
        """Have letters wait, each for an address, for some seconds."""
        now = int(time.time())
        rows = [
            {
                "queue_name": queue,
                "arrival_time": now - age,
                "recipients": [{"address": address}],
            }
            for address, age in letters
        ]
        program(self.folder, "postqueue", "".join(f"{json.dumps(row)}\n" for row in rows))

    def delivered(self, *lines: tuple[str, float, str]) -> None:
        """Have lines in the journal: by which program, how long ago, and what it said."""
        now = time.time()
        rows = [[program, now - ago, said] for program, ago, said in lines]
        (self.folder / "journal").write_text(json.dumps(rows), "utf-8")

    def stuck(self, *, table: bool = True) -> dict[str, float]:
        """Return how many destinations get nothing, by way."""
        routes = f"{self.folder}/transport" if table else ""
        measured, wrong = measures.measured({"queue": [routes, "ours.vn old.vn", *HOSTS]}, 500)
        assert wrong == []
        return {
            labels["to"]: value
            for name, labels, value in measured
            if name == "hopthu_queue_stuck" and value
        }


_JOURNALCTL = """\
#!{python}
import argparse, json, pathlib, re
options = argparse.ArgumentParser()
for name in ("lines", "since", "output", "grep", "identifier"):
    options.add_argument("--" + name)
for name in ("quiet", "no-pager", "reverse"):
    options.add_argument("--" + name, action="store_true")
asked = options.parse_args()
rows = json.loads((pathlib.Path(__file__).parent / "journal").read_text())
found = [
    (moment, said) for program, moment, said in rows
    if "postfix/" + program == asked.identifier
    and moment >= float(asked.since[1:]) and re.search(asked.grep, said)
]
for moment, said in sorted(found, reverse=True)[: int(asked.lines)]:
    print(f"{{moment:.6f}} mail1 postfix[1]: {{said}}")
raise SystemExit(not found)
"""


@pytest.fixture
def queue(programs: Path) -> Queue:
    """An empty queue; two mailboxes in one store, one in another."""
    path = programs / "journalctl"
    path.write_text(_JOURNALCTL.format(python=sys.executable), "utf-8")
    path.chmod(0o755)
    rows = [(each, 1) for each in "abcd"] + [(each, 2) for each in "xyz"]
    (programs / "transport").write_text(
        "".join(f"{name}@ours.vn\tlmtp:inet:[10.0.0.{store}]:24\n" for name, store in rows)
    )
    found = Queue(programs)
    found.holds()
    found.delivered()
    return found


def said(to: str, relay: str, status: str = "sent (250 2.0.0 Ok)") -> str:
    """Return what Postfix says of a recipient."""
    return f"4jdmfN6NRnz5g8: to=<{to}>, relay={relay}, delay=1, dsn=2.0.0, status={status}"


def test_a_store_that_takes_nothing_is_stuck(queue: Queue) -> None:
    """By its name, and only it, whatever arrives elsewhere; of several mailboxes."""
    queue.holds(("a@Ours.vn", 90), ("b@ours.vn", 80), ("c@ours.vn", 70), ("x@ours.vn", 90))
    queue.delivered(("lmtp", 1, said("z@ours.vn", "10.0.0.2[10.0.0.2]:24")))
    assert {"store1": 3} == queue.stuck()
    queue.delivered(("lmtp", 1, said("d@ours.vn", "10.0.0.1[10.0.0.1]:24")))
    assert {"store2": 1} == queue.stuck()


def test_a_letter_that_has_just_come_is_not_late(queue: Queue) -> None:
    """Nor one that an administrator holds."""
    queue.holds(("a@ours.vn", 50), ("b@ours.vn", 1))
    assert {} == queue.stuck()
    queue.holds(("a@ours.vn", 500), ("b@ours.vn", 400), queue="hold")
    assert {} == queue.stuck()


def test_a_domain_that_is_dead_is_one_destination(queue: Queue) -> None:
    """However many letters wait for it; and none once something else got through."""
    queue.holds(*((f"u{each}@dead.test", 3600 - each) for each in range(9)))
    assert {"outside": 1} == queue.stuck()
    queue.holds(("u@dead.test", 9000), ("v@gone.test", 7000), ("w@lost.test", 5000))
    queue.delivered(("smtp", 4000, said("k@example.org", "mx.example.org[192.0.2.1]:25")))
    assert {} == queue.stuck()
    queue.delivered(("smtp", 6000, said("k@example.org", "mx.example.org[192.0.2.1]:25")))
    assert {"outside": 1} == queue.stuck()


def test_what_a_host_hands_to_others_of_ours_is_not_outside(queue: Queue) -> None:
    """A list to itself, a letter to learn from to a scanner: deliveries there prove no Internet."""
    queue.holds(("k@one.test", 90), ("k@two.test", 90), ("list_x@ours.vn", 90))
    queue.delivered(
        ("smtp", 1, said("list_y@ours.vn", "127.0.0.1[127.0.0.1]:10026")),
        ("smtp", 1, said("spam@edge1.training.ours.vn", "10.0.0.3[10.0.0.3]:10467")),
        ("lmtp", 1, said("a@ours.vn", "10.0.0.1[10.0.0.1]:24")),
    )
    assert {"outside": 2} == queue.stuck()
    queue.delivered(("smtp", 1, said("k@six.test", "mx.six.test[192.0.2.1]:25")))
    assert {"centre": 1} == queue.stuck()
    queue.holds(("spam@edge1.training.ours.vn", 90), ("abuse@old.vn", 90))
    assert {"centre": 2} == queue.stuck(table=False)


def test_who_answers_a_letter_does_not_say_where_it_went(queue: Queue) -> None:
    """Nor does the name of a recipient: a server outside cannot hide that nothing gets through."""
    reply = "deferred (host x said: 450 to=<x>, relay=mx.six.test[192.0.2.1]:25, status=sent ok)"
    queue.holds(("k@one.test", 90), ("k@two.test", 90))
    queue.delivered(
        ("smtp", 1, said("k@one.test", "mx.one.test[192.0.2.1]:25", reply)),
        ("smtp", 1, said("k@one.test", "none", "deferred (connect: timed out)")),
        ("smtp", 1, f"4jdm: warning: {said('k@one.test', 'mx.one.test[192.0.2.1]:25')}"),
    )
    assert {"outside": 2} == queue.stuck()


def test_an_empty_queue_has_no_age(queue: Queue) -> None:
    """One with letters has that of its oldest."""
    wanted = {"queue": [f"{queue.folder}/transport", "ours.vn", *HOSTS]}
    assert 0 == values(wanted)['hopthu_queue_oldest_seconds{"to": "outside"}']
    queue.holds(("a@ours.vn", 90), ("a@ours.vn", 10))
    found = values(wanted)
    assert 2 == found['hopthu_queue_recipients{"to": "store1"}']
    assert 90 <= found['hopthu_queue_oldest_seconds{"to": "store1"}'] < 100


def test_what_cannot_be_measured_is_told(programs: Path) -> None:
    """The rest is measured all the same."""
    program(programs, "postqueue", "", code=69)
    found = values({"queue": ["", "ours.vn"], "signatures": [str(programs)]})
    assert found == {
        'hopthu_measure_failed{"measure": "queue"}': True,
        "hopthu_signatures_seconds{}": 0,
        'hopthu_measure_failed{"measure": "signatures"}': False,
    }


def test_a_package_that_debian_updated_calls_nobody(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search for drift tells it as a note, once; what was changed by hand is an alarm."""
    monkeypatch.setattr(measures, "_SYSTEMD", programs)
    for unit in ("daily", "drift"):
        (programs / f"{unit}.timer").touch()
    program(programs, "systemctl", "0\n")
    updated = Drift("mail1", "package", "openssl", "1", "2", Message("updated"), note=True)
    edited = Drift("mail1", "file", "/etc/hosts", "x", "y", Message("edited"))
    for drifts, counted in (((updated,), 0), ((edited, updated), 1)):
        report = Report(drifts, {}, ("mail1",))
        ReportedDrift().write(programs / "told.json", report, Centre("c", ()))
        found = values({"operator": [str(programs), "daily", "drift", "100"]})
        assert counted == len([each for each in found if each.startswith("hopthu_drift{")])


def test_what_hangs_is_ended_and_keeps_nothing_back(programs: Path) -> None:
    """With the programs that it has begun."""
    hangs = programs / "postqueue"
    hangs.write_text(f"#!/bin/sh\necho $$ >{programs}/pid\nexec sleep 600\n")
    hangs.chmod(0o755)
    began = time.monotonic()
    found, wrong = measures.measured(
        {"queue": ["", "ours.vn"], "signatures": [str(programs)]}, 500, longest=1.0
    )
    assert time.monotonic() - began < 5
    assert ["queue: took more than 1 seconds"] == wrong
    assert ("hopthu_measure_failed", {"measure": "queue"}, True) in found
    assert ("hopthu_signatures_seconds", {}, 0) in found
    process = Path("/proc", (programs / "pid").read_text().strip(), "cmdline")
    assert comes(lambda: not process.exists() or b"sleep" not in process.read_bytes(), 5)


def test_what_has_too_much_to_tell_tells_that(tmp_path: Path) -> None:
    """Whoever was taken over leaves as many notes as they like."""
    for each in range(4):
        (tmp_path / f"bad.{each}").touch()
    found, wrong = measures.measured({"notes": [str(tmp_path)]}, 3)
    assert 2 == len(found)
    assert ["notes: more than 3 values"] == wrong


def test_what_was_applied_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit, data and day: a second apply of one day leaves them on hosts it need not change."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    assert {'hopthu_measure_failed{"measure": "applied"}': False} == values({"applied": []})
    record = tmp_path / "records" / "19700101T000100Z-abcdef0"
    record.mkdir(parents=True)
    what = {"commit": "abcdef0123", "data": "0123456789abcdef", "on": "2026-06-01"}
    (record / "record.json").write_text(json.dumps(what))
    (tmp_path / "deployed").symlink_to(record)
    labels = '{"commit": "abcdef0", "data": "0123456789ab", "day": "2026-06-01"}'
    assert 60 == values({"applied": []})[f"hopthu_applied_seconds{labels}"]


def test_a_job_that_failed_has_failed_until_it_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever systemd has forgotten; a job that failed has not been done."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    monkeypatch.setattr(measures, "_SYSTEMD", tmp_path)
    (tmp_path / "hopthu-drill.timer").touch()
    since = (tmp_path / "hopthu-drill.timer").stat().st_ctime
    (tmp_path / "copies").mkdir()
    wanted = {"jobs": ["drill/hopthu-drill/100"]}
    name = '{"name": "hopthu-drill.service"}'
    for outcome, failed, done in (
        (ended({}, []), False, since),
        ({**ended({}, []), "good": 5000.0}, False, 5000),
        ({**ended({}, ["people/x: another"]), "good": 5000.0}, True, 5000),
    ):
        result("drill").write_text(json.dumps(outcome))
        found = values(wanted)
        assert failed == found[f"hopthu_job_failed{name}"]
        assert done == found[f"hopthu_job_done_seconds{name}"]
        assert 100 == found[f"hopthu_job_longest_seconds{name}"]


def test_a_job_that_ends_well_says_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails later leaves that as it is; a result of an earlier version has its file's."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["backup", "drill"])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("os.umask", lambda _: None)
    (tmp_path / "copies").mkdir()
    known = []
    for failed in ([], ["an: another"]):
        monkeypatch.setattr(timers, "_WORK", {"drill": lambda failed=failed: ended({}, failed)})
        with pytest.raises(SystemExit):
            timers.main()
        known.append(last("drill")["good"])
    assert known[0] == known[1] > time.time() - 60
    result("drill").write_text('{"sent": {}, "failed": [], "full": []}')
    os.utime(result("drill"), (100, 100))
    assert 100 == last("drill")["good"]


def test_each_sender_who_is_stopped_is_told_without_a_name(programs: Path) -> None:
    """A second one is another series, and so another alarm."""
    stops = ("20260601000000Z", "20260602000000Z")
    entries = [f"dn: uid=u{each},ou=people\nhopthuStopped: {each}\n" for each in (*stops, stops[0])]
    program(programs, "ldapsearch", "\n".join(entries))
    found = measures.lines(measures.measured({"stopped": ["dc=ours,dc=vn"]}, 500)[0])
    assert [f'hopthu_sender_stopped{{since="{each}"}} 1.0' for each in stops] == found.splitlines()[
        :2
    ]


def test_notes_of_stops_that_wait_are_told(tmp_path: Path) -> None:
    """With those that were set aside; not those that are told."""
    for name in ("stopped.x", "untold.x", "bad.stopped.y", "told.x"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (60, 60))
    found = values({"notes": [str(tmp_path)]})
    since = "19700101000100Z"
    del found['hopthu_measure_failed{"measure": "notes"}']
    assert found == {
        f'hopthu_stop_note_seconds{{"kind": "{kind}", "since": "{since}"}}': 60
        for kind in ("stopped", "untold", "bad")
    }


def test_each_difference_and_each_thing_due_is_told(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By host and item, or by its day; that something is due is known before since when it is."""
    monkeypatch.setattr(measures, "_SYSTEMD", programs)
    for unit in ("daily", "drift"):
        (programs / f"{unit}.timer").touch()
    program(programs, "systemctl", "5\n")
    wanted = {"operator": [str(programs), "daily", "drift", "100"]}
    assert True is values(wanted)['hopthu_due_not_done{"since": ""}']
    file = ["mail1", "file", "/etc/hosts"]
    due = ["mail1", "due", "person x locked", "2026-06-01"]
    told = [[*file, "x"], [*file, "y"], ["edge1", "port", "tcp 99", None], due]
    (programs / "told.json").write_text(json.dumps({"told": told}))
    rows = measures.lines(measures.measured(wanted, 500)[0]).splitlines()
    assert 2 == len([row for row in rows if row.startswith("hopthu_drift{")])
    assert 'hopthu_drift{of="mail1",kind="file",item="/etc/hosts"} 1.0' in rows
    due = [row for row in rows if row.startswith("hopthu_due_not_done{")]
    assert ['hopthu_due_not_done{since="2026-06-01"} 1.0'] == due


def test_a_copy_counts_when_it_has_arrived(tmp_path: Path) -> None:
    """One that never came is of 1970; a file that is still arriving is none."""
    snapshots = tmp_path / "mail1" / "mail-2026-06-01-12" / "snapshots"
    snapshots.mkdir(parents=True)
    for name, moment in (("a" * 64, 1000), ("b" * 64, 2000), ("c" * 64 + "-x", 3000)):
        (snapshots / name).touch()
        os.utime(snapshots / name, (moment, moment))
    found = values({"copies": [str(tmp_path), "mail1/mail", "mail1/directory"]})
    assert 2000 == found['hopthu_copy_arrived_seconds{"of": "mail1", "kind": "mail"}']
    assert 0 == found['hopthu_copy_arrived_seconds{"of": "mail1", "kind": "directory"}']


def test_values_are_written_as_prometheus_reads_them() -> None:
    """Whatever a label holds; and no series twice, nor a label that it would refuse."""
    expected = 'x{a="y\\"z\\\\ \\n ế ?"} 1.0\nw{} 2.5\n'
    odd = ("x", {"a": 'y"z\\ \n ế \udc80'}, True)
    assert expected == measures.lines([odd, odd, ("w", {}, 2.5)])
    assert len(measures.lines([("x", {"a": "y" * 9999}, 1)])) < 512


def test_a_letter_says_what_is_wrong_where_and_what_to_do() -> None:
    """Its subject too, with all hosts."""
    letter = alarm_mail.letter(CALL, "vanphong@example.vn", "example.vn")
    assert "[Cảnh báo] ServiceDown: mail1" == letter["Subject"]
    text = letter.get_content()
    assert 'Máy chủ: mail1 (name: "slapd")\nMột dịch vụ không chạy.\n' in text
    assert "Cách xử lý: docs/x.md#servicedown\n" in text
    assert text.endswith("\nCách xử lý ServiceDown:\n\n1. `systemctl start <name>`\n")


def test_what_to_do_is_said_once_and_not_of_what_is_over() -> None:
    """However many hosts have the same alarm."""
    (alert,) = CALL["alerts"]
    over = {**alert, "labels": {**alert["labels"], "alertname": "X"}, "status": "resolved"}
    call = {**CALL, "alerts": [alert, alert, over]}
    text = alarm_mail.letter(call, "vanphong@example.vn", "example.vn").get_content()
    assert 1 == text.count("Cách xử lý ServiceDown:")
    assert "Cách xử lý X:" not in text


def test_a_host_writes_no_words_into_a_letter() -> None:
    """It chooses the labels of what it tells; and how many do not fit is said."""
    (alert,) = CALL["alerts"]
    odd = {
        **alert,
        "labels": {
            **alert["labels"],
            "name": "x\n\nCảnh báo: JobFailed\nCách xử lý: y\u2028Cảnh báo: z\x85Cảnh báo: \u202eq",
        },
    }
    call = {**CALL, "alerts": [odd], "truncatedAlerts": 7}
    text = alarm_mail.letter(call, "vanphong@example.vn", "example.vn").get_content()
    assert 1 == len([line for line in text.splitlines() if line.startswith("Cảnh báo:")])
    assert "\u202e" not in text
    assert "Còn 7 cảnh báo khác" in text


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ('{"data": {"result": [{"value": [1, "1"]}]}}', ""),
        ('{"data": {"result": []}}', "reads nothing"),
        ("Prometheus is Healthy.", "Expecting value"),
        ("[]", "list indices"),
    ],
)
def test_a_monitor_that_runs_and_watches_nothing_is_missed(
    answer: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers that it is healthy, whatever it reads."""
    monkeypatch.setattr(
        "urllib.request.urlopen", lambda *_, **__: contextlib.closing(io.BytesIO(answer.encode()))
    )
    said = monitor_missed.Asker(TIMES).asked("http://monitor1:9090/api/v1/query")
    assert (why in said) if why else said == ""


TIMES: monitor_missed.Times = {"silent": 15.0, "pause": 5.0, "patience": 5.0}


@pytest.mark.parametrize(
    ("answers", "asked", "why"),
    [(["", ""], 1, ""), (["no", "no", ""], 3, ""), (["no"] * 9, 4, "no")],
)
def test_a_monitor_is_missed_when_it_is_silent_for_some_time(
    answers: list[str], asked: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is restarted is not, and who watches is asked once."""
    now, left = [1e6], [*answers]
    monkeypatch.setattr(monitor_missed.Asker, "asked", lambda *_: left.pop(0))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda pause: now.append(now.pop() + pause))
    assert why == monitor_missed.Asker(TIMES).silent("http://monitor1:9090/")
    assert asked == len(answers) - len(left)
    assert now[0] <= 1e6 + TIMES["silent"]


def test_an_alarm_that_goes_on_is_sent_each_hour() -> None:
    """And once when it is over."""
    alarmed, said = 0.0, []
    silences = [(False, 1e9), (True, 1e9), (True, 1e9 + 30), (True, 1e9 + 3700),
                (False, 1e9 + 3730), (False, 1e9 + 3760)]  # fmt: skip
    for silent, now in silences:
        alarmed, status = monitor_missed.after(alarmed, silent, now)
        said.append(status)
    assert ["", "firing", "", "firing", "resolved", ""] == said


class Taker(http.server.BaseHTTPRequestHandler):
    """Takes alarms, and answers for a monitor that watches nothing."""

    taken: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer what a monitor is asked."""
        self._answer(b'{"data": {"result": []}}')

    def do_POST(self) -> None:
        """Take an alarm."""
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append(f"{call['status']} {call['alerts'][0]['labels']['host']}")
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def taker() -> Iterator[str]:
    """The URL of somebody who takes alarms."""
    Taker.taken.clear()
    with http.server.HTTPServer(("127.0.0.1", 0), Taker) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What asks monitors once, given names and URLs of alarms, and returns what is wrong."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))

    def once(ask: str, *monitors: tuple[str, str]) -> str:
        known = [
            {"name": "MonitorMissed", "monitor": name, "alarms": alarms, "ask": ask,
             "summary": "", "runbook": "", "steps": ""} for name, alarms in monitors
        ]  # fmt: skip
        settings = {"silent": 0, "pause": 1, "patience": 5, "monitors": known}
        (tmp_path / "settings").write_text(json.dumps(settings))
        monkeypatch.setattr("sys.argv", ["", str(tmp_path / "settings")])
        with pytest.raises(SystemExit) as ended:
            monitor_missed.main()
        return str(ended.value.code or "")

    return once


def test_each_of_several_monitors_is_missed(taker: str, misses: Callable[..., str]) -> None:
    """One way that is dead keeps no other alarm back, and is tried again."""
    dead = "http://127.0.0.1:9/"
    for _ in range(2):
        wrong = misses(taker, ("monitor1", dead), ("monitor2", taker))
        assert wrong.startswith(dead)
        assert "\n" not in wrong
    assert ["firing monitor2"] == Taker.taken
    assert "" == misses(taker, ("monitor1", taker), ("monitor2", taker))
    assert ["firing monitor2", "firing monitor1"] == Taker.taken


def test_a_way_that_is_dead_is_found_out_before_it_is_needed(
    taker: str, misses: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an alarm to somebody."""
    monkeypatch.setattr(monitor_missed.Asker, "asked", lambda *_: "")
    assert "" == misses(taker, ("monitor1", taker))
    assert "refused" in misses(taker, ("monitor1", "http://127.0.0.1:9/"))
    assert [] == Taker.taken


def test_its_alarm_reads_like_any_other() -> None:
    """Who takes calls knows one format."""
    notes = {
        "summary": "Máy giám sát không trả lời.",
        "runbook": "docs/x.md#monitormissed",
        "steps": "1.",
    }
    settings = {"name": "MonitorMissed", "monitor": "monitor1", **notes}
    call = json.loads(json.dumps(monitor_missed.alarm(settings, "firing")))
    assert (
        "[Cảnh báo] MonitorMissed: monitor1" == alarm_mail.letter(call, "a@b.vn", "b.vn")["Subject"]
    )
    assert call["alerts"][0].keys() == CALL["alerts"][0].keys()
