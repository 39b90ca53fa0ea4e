"""Client passwords: at which door and from where they sign in, how they end, what guessing does.

In the shipped policy the lab's `internet` is in networks in which only client passwords sign in.
"""

import json
import re
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from canary import spellings, told
from labs import Lab, forget_journals
from pypdf import PdfReader
from test_passwords_issued import (
    AT_ONCE,
    BASIS,
    BIND,
    DOMAIN,
    NAME,
    PERSON,
    TOP,
    programs,
    watched,
)

from hopthu.fan_out import on_all_hosts
from hopthu.lab import remote, state

WORDS = re.compile(r"[a-z2-9]{6}(?:-[a-z2-9]{6}){3}")
PHONE, PC = "Điện thoại", "PC (cơ quan)"
DOORS = ("imap", "submissions", "submission", "sieve")
DIRECTORIES = ("access1", "dir1", "store1", "store2")
GUESSES = Path(__file__).with_name("guesses.py")


def known(lab: Lab) -> state.LabState:
    """Return the hosts of a lab."""
    found = state.recorded(lab.folder)
    assert found is not None
    return found


def client(lab: Lab, label: str, folder: Path) -> str:
    """Issue a client password on a slip, and return what the slip says."""
    lab.hopthu("credential", "client", PERSON, "--label", label, "--basis", BASIS,
               "--slips", str(folder), "lab")  # fmt: skip
    (path,) = folder.iterdir()
    text = " ".join("".join(page.extract_text() for page in PdfReader(path).pages).split())
    assert label in text
    (password,) = WORDS.findall(text)
    return str(password)


def revoke(lab: Lab, *options: str, expect: int = 0) -> str:
    """Take client passwords away."""
    done = lab.hopthu("credential", "revoke", PERSON, *options, "--basis", BASIS, "lab",
                      expect=expect)  # fmt: skip
    return done.stdout + done.stderr


def tried(
    lab: Lab, host: str, passwords: Mapping[str, Sequence[str]], name: str = NAME, workers: int = 8
) -> dict[str, dict[str, int]]:
    """Try passwords from a host, by door."""
    argv = ["python3", "-c", GUESSES.read_text(encoding="utf-8"), "10.88.0.21",
            f"{name}@{DOMAIN}", str(workers), "10.88.0.31"]  # fmt: skip
    said = remote.run(known(lab), known(lab).host(host), shlex.join(argv),
                      stdin=json.dumps(passwords).encode())  # fmt: skip
    return json.loads(said)  # type: ignore[no-any-return]


def signs_in(lab: Lab, host: str, password: str) -> dict[str, bool]:
    """Tell at which doors a password signs in from a host."""
    found = tried(lab, host, {door: [password] for door in DOORS})
    assert all(set(each) <= {"accepted", "refused"} for each in found.values()), found
    return {door: "accepted" in each for door, each in found.items()}


def everywhere(lab: Lab, command: str) -> dict[str, str]:
    """Run a command on every host with a directory."""
    hosts = known(lab)
    return on_all_hosts(DIRECTORIES, lambda host: remote.run(hosts, hosts.host(host), command))


EVERYWHERE, NOWHERE = dict.fromkeys(DOORS, True), dict.fromkeys(DOORS, False)


def counted(lab: Lab, person: str = PERSON) -> dict[str, int]:
    """Return how many wrong passwords each directory has counted."""
    command = (
        f"ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b uid={person},ou=people,{TOP} "
        "-s base pwdFailureTime pwdAccountLockedTime | grep -c '^pwd' || true"
    )
    return {host: int(said) for host, said in everywhere(lab, command).items()}


def refused(number: int) -> dict[str, dict[str, int]]:
    """Return what comes of so many wrong passwords at every door."""
    return {door: {"refused": number} for door in DOORS}


def changed(lab: Lab) -> float:
    """Return when the entry was changed last."""
    said = lab.ssh("dir1", f"ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b ou=people,{TOP} "
                           f"uid={PERSON} modifyTimestamp")  # fmt: skip
    found = re.search(r"modifyTimestamp: (\d{14})Z", said)
    assert found
    return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()


@pytest.fixture
def without_clients(centre: Lab) -> Iterator[Lab]:
    """Take all client passwords away again, and what was counted."""
    yield centre
    centre.ssh(
        "dir1",
        f"printf 'dn: uid={PERSON},ou=people,{TOP}\\nchangetype: modify\\n"
        "replace: hopthuClientPassword\\n-\\nreplace: description\\n' | "
        "ldapmodify -Q -Y EXTERNAL -H ldapi:///",
    )
    left = everywhere(
        centre,
        f"ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b ou=people,{TOP} "
        "hopthuClientPassword=* 1.1",
    )
    assert dict.fromkeys(DIRECTORIES, "") == left
    forget_journals(centre)


def test_it_signs_in_at_every_door_and_is_nowhere(without_clients: Lab, tmp_path: Path) -> None:
    """To read, send and filter, beside one's own; the directory refuses it, and so do others."""
    lab, began = without_clients, int(time.time())
    phone = client(lab, PHONE, tmp_path / "phone")
    pc = client(lab, PC, tmp_path / "pc")
    assert EVERYWHERE == signs_in(lab, "client", phone) == signs_in(lab, "client", pc)
    assert EVERYWHERE == signs_in(lab, "client", lab.passwords[PERSON])
    wrong = {"imap": [phone[:-1] + ("a" if phone[-1] != "a" else "b"), phone.upper(), ""]}
    assert {"imap": {"refused": 3}} == tried(lab, "client", wrong)
    assert {"imap": {"refused": 1}} == tried(lab, "client", {"imap": [phone]}, "binhlv")
    said = remote.run(known(lab), known(lab).host("client"), BIND.format(PERSON),
                      stdin=phone.encode())  # fmt: skip
    assert "Invalid credentials" in said
    ways = [way for word in (phone, pc) for way in spellings(word)]
    assert {} == {host: found for host, found in told(lab, began, ways).items() if found}
    text = lab.hopthu("show", PERSON, "--live", "lab").stdout
    assert f"client password: {PC}, issued" in text
    live = json.loads(lab.hopthu("show", PERSON, "--live", "lab", "--format", "json").stdout)
    assert [PHONE, PC] == [one["label"] for one in live["live"]["client_passwords"]]
    history = lab.hopthu("history", "--inventory", "lab", PERSON, "--format", "json").stdout
    assert f"Lê Văn Bảy: a client password was issued: {PC} [credential {PERSON}]" in history
    again = lab.hopthu("credential", "client", PERSON, "--label", PC, "--basis", BASIS,
                       "--slips", str(tmp_path / "again"), "lab", expect=3)  # fmt: skip
    assert f"has a client password {PC} already" in again.stderr


def test_a_revoked_one_ends_at_once(without_clients: Lab, tmp_path: Path) -> None:
    """With its sessions, on every host; the others go on."""
    lab = without_clients
    phone = client(lab, PHONE, tmp_path / "phone")
    pc = client(lab, PC, tmp_path / "pc")
    with programs(lab) as mail:
        session = mail.imap()
        session.login(f"{NAME}@{DOMAIN}", phone)
        session.select()
        session.send(b"1 IDLE\r\n")
        with watched({"idle": session.sock}) as ended:
            revoke(lab, "--label", PHONE)
        assert ended["idle"] - changed(lab) < AT_ONCE
    assert NOWHERE == signs_in(lab, "client", phone)
    assert EVERYWHERE == signs_in(lab, "client", pc)
    assert f"{PERSON} has no client password {PHONE}" in revoke(lab, "--label", PHONE, expect=2)
    revoke(lab, "--all")
    assert NOWHERE == signs_in(lab, "client", pc)
    assert EVERYWHERE == signs_in(lab, "client", lab.passwords[PERSON])


def test_outside_own_passwords_are_never_compared(without_clients: Lab, tmp_path: Path) -> None:
    """Right or wrong, at every door and at the store: nothing is counted, the owner reads mail."""
    lab, own = without_clients, without_clients.passwords[PERSON]
    phone = client(lab, PHONE, tmp_path / "phone")
    assert EVERYWHERE == signs_in(lab, "internet", phone)
    assert NOWHERE == signs_in(lab, "internet", own)
    assert EVERYWHERE == signs_in(lab, "client", own)
    before = counted(lab)  # other tests may have mistyped
    words = [f"Matkhau{number}" for number in range(15)]
    found = tried(lab, "internet", {**dict.fromkeys(DOORS, words), "store": words[:1]})
    assert {"store": {"closed": 1}, **refused(15)} == found
    assert before == counted(lab)
    assert EVERYWHERE == signs_in(lab, "client", own)
    wrong = tried(lab, "client", {"imap": ["wrong"]})
    assert {"imap": {"refused": 1}} == wrong
    assert counted(lab)["access1"] > before["access1"], "inside it is counted"
    assert NOWHERE == signs_in(lab, "internet", own)


@pytest.mark.drill
def test_five_thousand_guesses_outside(without_clients: Lab) -> None:
    """Over all doors; meanwhile and afterwards the owner signs in at the office."""
    lab, own = without_clients, without_clients.passwords[PERSON]
    before = counted(lab)
    words = [f"Thanhhoa{number}!" for number in range(1250)]
    found = tried(lab, "internet", dict.fromkeys(DOORS, words), workers=20)
    assert refused(1250) == found
    assert before == counted(lab)
    assert EVERYWHERE == signs_in(lab, "client", own)
