"""What the operator's host is given: units for its timers, and an account."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.daemons import operator
from hopthu.desired.state import Desired
from hopthu.errors import UsageError
from hopthu.inventory import loader
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Daily, Policy
from hopthu.render.context import Context

DESIRED = Desired(date(2026, 6, 1), "example.vn", (), (), ())
UNITS = "/etc/systemd/system/hopthu-"


def files(policy: Policy, **changes: str) -> dict[str, str]:
    """Return what the host gets, by path."""
    host = Host("op1", "op1.example.vn", "10.88.0.51", frozenset({"operator"}))
    host = replace(host, **changes)  # type: ignore[arg-type]
    context = Context(host, Centre("c", (host,)), DESIRED, policy, {})
    return {path: file.content.decode() for path, file in operator.files(context).items()}


@pytest.mark.parametrize(("by", "hour"), [("timer", "00"), ("pipeline", "06"), ("nobody", "06")])
def test_the_timer_reports_after_the_one_that_applies(by: str, hour: str) -> None:
    """Just after midnight in Vietnam if it applies, whatever the time zone of the host."""
    text = files(Policy(daily=Daily(by)))[f"{UNITS}daily.timer"]
    assert f"\nOnCalendar=*-*-* {hour}:10 Asia/Ho_Chi_Minh\n" in text
    assert 1 == text.count("OnCalendar")
    assert "\nPersistent=yes\n" in text


@pytest.mark.parametrize("job", ["daily", "drift"])
def test_a_service_has_keys_for_its_run_and_no_right_beside(job: str) -> None:
    """Where the clone is, and for which inventory it runs, is data."""
    text = files(Policy(), clone="/srv/mail", inventory="lab")[f"{UNITS}{job}.service"]
    (start,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert start.startswith(f"ExecStart=/srv/mail/.venv/bin/hopthu {job} lab ")
    assert start.endswith(" --mail operator")
    for line in (
        *("User=hopthu", "WorkingDirectory=/srv/mail", "ReadWritePaths=/srv/mail"),
        *("LoadCredential=ssh-key:/root/.ssh/id_ed25519", "CapabilityBoundingSet="),
        *("StateDirectory=hopthu-operator", "ProtectSystem=strict", "NoNewPrivileges=yes"),
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("clone", "srv/hopthu"),
        ("clone", "/srv/hop thu"),
        ("clone", "/srv/%h"),
        ("clone", 7),
        ("inventory", "lab --yes"),
        ("inventory", "lab\nUser=root"),
        ("inventory", ""),
    ],
)
def test_what_would_be_more_of_a_unit_is_refused(key: str, value: object, tmp_path: Path) -> None:
    """A setting of the inventory is a word, no line of systemd's."""
    data = {"fqdn": "m.vn", "address": "10.0.0.1", "secrets": "s", "age_identity": "a", key: value}
    path = tmp_path / "production.py"
    path.write_text(f"operator = [('op1', {data!r})]\n")
    with pytest.raises(UsageError, match=f"host op1 of the inventory: {key} cannot be "):
        loader.load(tmp_path, str(path))
