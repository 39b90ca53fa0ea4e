"""What is measured on hosts for the monitor, and what tells of alarms there."""

import contextlib
import io
import json
import os
import time
from pathlib import Path

import pytest

from hopthu.drift.collector import Report
from hopthu.drift.model import Drift
from hopthu.drift.state_file import ReportedDrift
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.remote.host import alarm_mail, measures, monitor_missed

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
            },
            "startsAt": "2026-06-01T00:00:00Z",
        }
    ],
}


def values(wanted: dict[str, list[str]]) -> dict[str, float]:
    """Return what is measured, by name and labels, without when."""
    found = {
        f"{name}{json.dumps(labels)}": value for name, labels, value in measures.measured(wanted)
    }
    del found["hopthu_measured_seconds{}"]
    return found


def program(folder: Path, name: str, says: str, code: int = 0) -> None:
    """Put a program in front of all others that prints something."""
    (folder / "said").write_text(says, "utf-8")
    path = folder / name
    path.write_text(f"#!/bin/sh\ncat {folder}/said\nexit {code}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found first."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_the_age_of_a_queue_is_told_by_where_mail_goes(programs: Path) -> None:
    """A letter may wait for both; an empty queue has no age."""
    now = int(time.time())
    letter = {
        "arrival_time": now - 90,
        "recipients": [{"address": "a@Ours.vn"}, {"address": "b@else.where"}],
    }
    younger = {"arrival_time": now - 10, "recipients": [{"address": "c@ours.vn"}]}
    program(programs, "postqueue", f"{json.dumps(letter)}\n{json.dumps(younger)}\n")
    found = values({"queue": ["ours.vn"]})
    assert 2 == found['hopthu_queue_recipients{"to": "inside"}']
    assert 1 == found['hopthu_queue_recipients{"to": "outside"}']
    assert 90 <= found['hopthu_queue_oldest_seconds{"to": "inside"}'] < 100
    program(programs, "postqueue", "")
    assert 0 == values({"queue": ["ours.vn"]})['hopthu_queue_oldest_seconds{"to": "inside"}']


def test_what_cannot_be_measured_is_told(programs: Path) -> None:
    """The rest is measured all the same."""
    program(programs, "postqueue", "", code=69)
    found = values({"queue": ["ours.vn"], "signatures": [str(programs)]})
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
    (programs / "daily.timer").touch()
    program(programs, "systemctl", "0\n")
    updated = Drift("mail1", "package", "openssl", "1", "2", Message("updated"), note=True)
    edited = Drift("mail1", "file", "/etc/hosts", "x", "y", Message("edited"))
    for drifts, counted in (((updated,), 0), ((edited, updated), 1)):
        report = Report(drifts, {}, ("mail1",))
        ReportedDrift().write(programs / "told.json", report, Centre("c", ()))
        found = values({"operator": [str(programs), "daily", "drift"]})
        assert counted == found["hopthu_drifts{}"]


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
    """Whatever a label holds."""
    expected = 'x{a="y\\"z"} 1.0\nw{} 2.5\n'
    assert expected == measures.lines([("x", {"a": 'y"z'}, True), ("w", {}, 2.5)])


def test_a_letter_says_what_is_wrong_where_and_what_to_do() -> None:
    """Its subject too, with all hosts."""
    letter = alarm_mail.letter(CALL, "vanphong@example.vn", "example.vn")
    assert "[Cảnh báo] ServiceDown: mail1" == letter["Subject"]
    text = letter.get_content()
    assert 'Máy chủ: mail1 (name: "slapd")\nMột dịch vụ không chạy.\n' in text
    assert "Cách xử lý: docs/x.md#servicedown\n" in text


def test_a_host_writes_no_words_into_a_letter() -> None:
    """It chooses the labels of what it tells; and how many do not fit is said."""
    (alert,) = CALL["alerts"]
    odd = {
        **alert,
        "labels": {**alert["labels"], "name": "x\n\nCảnh báo: JobFailed\nCách xử lý: y"},
    }
    call = {**CALL, "alerts": [odd], "truncatedAlerts": 7}
    text = alarm_mail.letter(call, "vanphong@example.vn", "example.vn").get_content()
    assert 1 == len([line for line in text.splitlines() if line.startswith("Cảnh báo:")])
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
    said = monitor_missed.asked("http://monitor1:9090/api/v1/query")
    assert (why in said) if why else said == ""


def test_a_monitor_is_missed_when_it_is_silent_twice() -> None:
    """Told once an hour while that goes on, and when it is over."""
    known: monitor_missed.Missed = {"times": 0, "alarmed": 0.0}
    said = []
    silences = [(True, 1e9), (False, 1e9), (True, 1e9), (True, 1e9 + 30), (True, 1e9 + 60),
                (True, 1e9 + 3700), (False, 1e9 + 3730), (False, 1e9 + 3760)]  # fmt: skip
    for silent, now in silences:
        known, status = monitor_missed.after(known, silent, now)
        said.append(status)
    assert ["", "", "", "firing", "", "firing", "resolved", ""] == said


def test_its_alarm_reads_like_any_other() -> None:
    """Who takes calls knows one format."""
    notes = {"summary": "Máy giám sát không trả lời.", "runbook": "docs/x.md#monitormissed"}
    settings = {"name": "MonitorMissed", "monitor": "monitor1", **notes}
    call = json.loads(json.dumps(monitor_missed.alarm(settings, "firing")))
    assert (
        "[Cảnh báo] MonitorMissed: monitor1" == alarm_mail.letter(call, "a@b.vn", "b.vn")["Subject"]
    )
    assert call["alerts"][0].keys() == CALL["alerts"][0].keys()
