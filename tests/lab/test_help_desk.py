"""What somebody who is asked for help sees of a mailbox: `hopthu show --live`."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import power
import pytest
from labs import Lab, in_network_of
from test_own_password import as_before
from test_passwords_issued import BASIS, DOMAIN, NAME, PERSON, Sessions, modify

from hopthu.lab import state

TRIES = 13
"""Wrong passwords, one more than the policy allows."""


@pytest.fixture
def shown(centre: Lab) -> Iterator[Callable[[], Any]]:
    """Ask the servers about a person; they have the lab's own password before and after."""

    def ask() -> Any:
        asked = centre.hopthu("show", PERSON, "--live", "lab", "--format", "json")
        return json.loads(asked.stdout)["live"]

    as_before(centre, PERSON)
    yield ask
    as_before(centre, PERSON)


def test_sign_ins_sessions_and_quota_are_told(centre: Lab, shown: Callable[[], Any]) -> None:
    """While a program is signed in, and after a wrong password."""
    with in_network_of(centre) as (known, context):
        programs = Sessions(known, context)
        assert not programs.reads(NAME, "wrong")
        with programs.imap() as imap:
            imap.login(f"{NAME}@{DOMAIN}", centre.passwords[PERSON])
            found = shown()
    assert found["can_sign_in"], found
    assert found["sessions"] >= 1
    assert found["last_read"]
    assert found["last_refused"] <= found["last_read"]
    assert 0 <= found["quota_used"] < found["quota_limit"]
    assert {"active"} == {host["state"] for host in found["hosts"].values()}
    text = centre.hopthu("show", PERSON, "--live", "lab", "--lang", "vi").stdout
    assert "đăng nhập được" in text


def test_it_says_who_was_locked_by_wrong_passwords(centre: Lab, shown: Callable[[], Any]) -> None:
    """On the host that counted them, until the lock ends."""
    bind = f"ldapwhoami -x -H ldapi:/// -D uid={PERSON},ou=people,dc=thanhhoa,dc=gov,dc=vn -w wrong"
    centre.ssh("access1", f"for _ in $(seq {TRIES}); do {bind} 2>/dev/null || true; done")
    found = shown()
    assert not found["can_sign_in"]
    assert "too many wrong passwords: access1 refuses until" in found["why"]


def test_an_overdue_password_is_told(
    centre: Lab, shown: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """None, then issued, then overdue."""
    modify(centre, PERSON, "replace: userPassword")
    assert "`hopthu credential issue`" in shown()["why"]
    folder = tmp_path_factory.mktemp("slips")
    centre.hopthu("credential", "issue", PERSON, "--basis", BASIS, "--slips", str(folder), "lab")
    issued = shown()
    assert issued["can_sign_in"]
    assert all(host["issued_until"] for host in issued["hosts"].values())
    modify(centre, PERSON, "replace: hopthuPasswordUntil\nhopthuPasswordUntil: 20260101000000Z")
    assert "was not replaced by" in shown()["why"]


def test_a_host_that_does_not_answer_is_named(centre: Lab) -> None:
    """The others are asked all the same; the exit code says that something is missing."""
    known = state.recorded(centre.folder)
    assert known is not None
    power.link_down(known, "store2")
    try:
        done = centre.hopthu("show", PERSON, "--live", "lab", expect=4)
    finally:
        power.link_up(known, "store2")
    assert "store2 does not answer" in done.stdout
    assert "sign-in works" in done.stdout
    assert "some servers do not answer: store2" in done.stderr
