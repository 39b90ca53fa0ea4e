"""Every role on one host: the same promises."""

import json

import pytest
from labs import Lab

from hopthu.remote import CALL, call
from hopthu.remote.host import passwords


@pytest.mark.drill
def test_same_probes_pass(single: Lab) -> None:
    """Show 14; `make test` has it from the pipelines, which prove a plan on one host."""
    assert {} == {k: p["detail"] for k, p in single.probes().items() if not p["passed"]}


def test_second_apply_changes_nothing(single: Lab) -> None:
    """Two roles on one host do not undo each other's files."""
    assert "\n0 of " in single.hopthu("apply", "lab", "--yes").stdout


def test_people_without_a_password_are_counted(single: Lab) -> None:
    """Nobody in a lab, where passwords are made; else only those who may sign in."""

    def count() -> str:
        return single.ssh("mail1", CALL, stdin=call(passwords.without))

    assert "0\n" == count()
    assert "no password" not in single.hopthu("apply", "lab", "--yes", "--lang", "en").stdout
    dn = "uid=le-van-binh,ou=people,dc=thanhhoa,dc=gov,dc=vn"
    first = json.loads((single.folder / "first_passwords.json").read_text())["le-van-binh"]
    put = f"ldapmodify -Q -Y EXTERNAL -H ldapi:/// <<'END'\ndn: {dn}\nchangetype: modify\n"
    single.ssh("mail1", f"{put}delete: userPassword\nEND")
    try:
        assert "1\n" == count()
        single.ssh("mail1", f"{put}replace: hopthuState\nhopthuState: locked\nEND")
        assert "0\n" == count()
    finally:
        single.ssh("mail1", f"{put}replace: hopthuState\nhopthuState: active\nEND")
        single.ssh("mail1", f"{put}add: userPassword\nuserPassword: {first}\nEND")
