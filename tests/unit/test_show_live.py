"""`hopthu show --live`: what is read from the hosts' answers, and why sign-in fails."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hopthu.cli import main
from hopthu.cli.clock import today
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.remote.host.mailbox import Known, known_of
from hopthu.show.live import HostView, Live, SignIn, parsed, why_not
from hopthu.show.live_formats import live_json, live_text
from hopthu.show.report import View, show
from hopthu.validate import read
from host_calls import Answer, answer

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 27, 3, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOTHING: Known = {
    "attributes": {}, "password": False, "clients": [], "quota": [], "sessions": 0, "last": {},
    "unread": [],
}  # fmt: skip
ACCESS = HostView("access1", "active", password=True)
STORE = HostView("store1", "active", password=True, quota=(2_500, 2_097_152), sessions=2)


def live(*hosts: HostView) -> Live:
    return Live(hosts or (ACCESS, STORE), {}, NOW)


@pytest.fixture(scope="module")
def view() -> View:
    return show(read(ROOT, date(2026, 11, 27)), date(2026, 11, 27), "le-van-bay")


def test_the_answer_of_a_host_is_read() -> None:
    """Each word has its place; the deadline counts only of a password that was not replaced."""
    found = parsed("access1", {
        "attributes": {
            "hopthuState": "active", "mailHost": "store1.thanhhoa.gov.vn", "pwdReset": "TRUE",
            "hopthuPasswordUntil": "20261225165959Z",
            "pwdAccountLockedTime": "20261127031500.123456Z",
        },
        "password": True, "clients": [], "quota": [2500, 2097152], "sessions": 3,
        "last": {"read": ["1795749600", "10.88.0.102"]}, "unread": ["sent"],
    })  # fmt: skip
    assert HostView(
        "access1", "active", True, datetime(2026, 12, 25, 16, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 27, 3, 30, tzinfo=UTC), (2500, 2097152), 3,
        {"read": SignIn(datetime.fromtimestamp(1795749600, UTC), "access1", "10.88.0.102")},
        frozenset({"sent"}),
    ) == found  # fmt: skip
    chosen = {"hopthuPasswordUntil": "20261225165959Z"}
    assert parsed("x", {**NOTHING, "attributes": chosen}).issued_until is None
    assert HostView("x") == parsed("x", NOTHING)


@pytest.mark.parametrize(
    ("hosts", "why"),
    [
        ((ACCESS, STORE), None),
        ((ACCESS, replace(STORE, state="none")), "store1 has not been told yet"),
        ((ACCESS, replace(STORE, password=False)), "there is no password"),
        ((replace(ACCESS, issued_until=NOW), STORE), None),
        ((replace(ACCESS, issued_until=NOW - SECOND), STORE), "was not replaced by 10:19 on"),
        ((replace(ACCESS, locked_until=NOW + SECOND), STORE), "access1 refuses until 10:20 on"),
        ((replace(ACCESS, locked_until=NOW), STORE), None),
    ],
)
def test_why_sign_in_fails_is_said(hosts: tuple[HostView, ...], why: str | None) -> None:
    """The strictest host decides; what is over does not."""
    found = why_not("active", live(*hosts))
    assert why is None if found is None else why and why in found


def test_of_somebody_locked_the_record_says_why(view: View) -> None:
    """Whatever the servers say."""
    assert "the data does not let them" in str(why_not("locked", live()))
    assert live_json(replace(view, stage="locked"), live(), "en")["can_sign_in"] is False


def test_the_text_has_a_line_for_each_fact(view: View) -> None:
    """In both languages; a kind of sign-in that was not seen is said as well."""
    last = {"read": SignIn(NOW - timedelta(hours=1), "access1", "10.88.0.102")}
    silent = {"dir1": HostFailed(Message("no route"))}
    found = Live((replace(ACCESS, last=last, unread=frozenset({"sent"})), STORE), silent, NOW)
    assert [
        "on the servers, at 10:20 on 2026-11-27:",
        "  active on access1, store1",
        "  sign-in works",
        "  last sign-in to read mail: 09:20 on 2026-11-27, by access1, from 10.88.0.102",
        "  last mail sent: unknown, the journal is too long to search now",
        "  last sign-in refused: none in the last 30 days",
        "  open sessions: 2",
        "  quota: 3 MiB of 2 GiB used",
        "  dir1 does not answer: no route",
    ] == live_text(view, found, "en").splitlines()
    assert "trên các máy chủ, lúc 10:20 ngày 27/11/2026:" in live_text(view, found, "vi")
    plain = live_json(view, found, "en")
    assert json.loads(json.dumps(plain)) == plain
    assert (True, 2_560_000, "2026-11-27T02:20:00Z", None) == tuple(
        plain[key] for key in ("can_sign_in", "quota_used", "last_read", "last_sent")
    )


def test_it_is_said_that_sending_is_stopped(view: View) -> None:
    """As soon as any host knows; the help desk is asked why a letter is refused."""
    stop = {
        "hopthuStopped": "20261127031500Z",
        "modifiersName": "cn=access1.example.vn,cn=access,cn=replica,dc=example,dc=vn",
    }
    told = {**NOTHING, "attributes": {"hopthuState": "active", **stop}}
    found = Live((STORE, replace(parsed("access1", told), password=True)), {}, NOW)  # type: ignore[arg-type]
    said = [
        (
            "  sending is stopped since 10:15 on 2026-11-27: `hopthu credential reset` releases, "
            "and revokes all client passwords"
        ),
        "  it was access1.example.vn that stopped it",
    ]
    assert said == [line for line in live_text(view, found, "en").splitlines() if "stop" in line]
    known = live_json(view, found, "en")
    assert ("2026-11-27T03:15:00Z", "access1.example.vn") == (known["stopped"], known["stopped_by"])
    assert "stopped" not in live_text(view, live(), "en")


def test_of_a_unit_nothing_is_said_about_sign_in() -> None:
    """Nobody signs in as a unit."""
    unit = show(read(ROOT, date(2026, 11, 27)), date(2026, 11, 27), "so-tai-chinh")
    text = live_text(unit, live(), "en")
    assert "sign-in" not in text
    assert "quota: 3 MiB" in text


def test_it_is_about_this_moment(capsys: pytest.CaptureFixture[str]) -> None:
    """What servers know now is not compared with the data of another day."""
    day = (today() - timedelta(days=1)).isoformat()
    assert 2 == main(["show", "baylv", "--live", "lab", "--on", day, "--root", str(ROOT)])
    assert "--live is about this moment" in capsys.readouterr().err


def test_a_host_searches_its_journal_and_says_if_that_takes_too_long(tmp_path: Path) -> None:
    """Names are matched to the letter; the script answers with words."""
    programs = {
        "ldapsearch": (
            'case "$*" in *1.1) exit 0;; esac; echo "dn: uid=a"; echo "hopthuState: active"'
        ),
        "timeout": (
            'case "$*" in *"started proxying"*) '
            'echo "1795749600.5 h dovecot[1]: imap-login: proxy(a-b,s[10.0.0.9]:993): Started '
            'proxying to remote host: user=<a-b>, method=PLAIN, rip=10.88.0.102, lip=10.0.0.1";; '
            '*"sasl_username=a-b(,"*) exit 124;; *) exit 1;; esac'
        ),
    }
    for name, body in programs.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(0o755)
    asked = ("dc=x", "h", ["access"], "a-b", ["b.a@x.vn"], 30)
    found = answer(known_of, *asked, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    last = {"read": ["1795749600", "10.88.0.102"]}
    expected = {"attributes": {"hopthuState": "active"}, "last": last, "unread": ["sent"]}
    assert Answer(0, {**NOTHING, **expected}, "") == found


def test_a_store_says_what_is_used_and_open(tmp_path: Path) -> None:
    """Of the mailboxes that live there; without a limit there is no quota."""
    (tmp_path / "ldapsearch").write_text("""#!/bin/sh
case "$*" in
*1.1) echo "dn: uid=an" ;;
*hopthuClientPassword) printf 'dn: uid=an\\nhopthuClientPassword: a 20261127010203Z PC\\n' ;;
*) printf 'dn: uid=an\\nhopthuState: active\\nmailHost: s1.vn\\n' ;;
esac
""")
    (tmp_path / "doveadm").write_text("""#!/bin/sh
case "$*" in
*quota*) printf 'name\\ttype\\tvalue\\tlimit\\t%%\\nunit0\\tSTORAGE\\t7\\t8\\t1\\n' &&
    printf 'mailbox\\tSTORAGE\\t25\\t%s\\t1\\n' "$LIMIT" ;;
*who*) printf 'username\\tservice\\tpids\\tips\\n' &&
    printf 'an\\timap\\t7 8\\t::\\nan\\tmanagesieve\\t9\\t::\\n' ;;
esac
""")
    for name in ("ldapsearch", "doveadm"):
        (tmp_path / name).chmod(0o755)

    def known(here: str, limit: str) -> Any:
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LIMIT": limit}
        return answer(known_of, "dc=x", here, ["store"], "an", [], 30, env=env).result

    found = known("s1.vn", "100")
    assert (["20261127010203Z PC"], True) == (found["clients"], found["password"])
    assert ([25, 100], 3) == (found["quota"], found["sessions"])
    assert [] == known("s1.vn", "-")["quota"]
    found = known("s2.vn", "100")
    assert ([], 0) == (found["quota"], found["sessions"])
