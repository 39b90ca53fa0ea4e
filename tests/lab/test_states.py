"""Every state of a mailbox at every door: who signs in where, and what senders hear.

One official is locked for some days, retires, and is forgotten in the end; the days are those of
`--on`. The states are those of Art. 5.2 in docs/data.md; what becomes of the content is in
test_closed_mailboxes.py.
"""

import smtplib
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from labs import Lab, copied, git, in_network_of
from test_passwords_issued import DOMAIN, NAME, PERSON, Sessions

UNIT_ADDRESS = f"snv@{DOMAIN}"
RECORD = "decision: qd-361-snv-2026, request: cv-362-snv-2026"
ERASED = "2037-02-27"
DOCUMENTS = """
- {id: cv-362-snv-2026, kind: request, number: 362/SNV-VP, issuer: so-noi-vu, date: 2026-11-23}
- {id: qd-361-snv-2026, kind: decision, number: 361/QĐ-SNV, issuer: so-noi-vu, date: 2026-11-20}
"""
ALLOWED = """
- {id: qd-363-vpubnd-2037, kind: decision, number: 363/QĐ-VPUBND, issuer: van-phong-ubnd-tinh,
   date: 2037-02-20, acts: [allowance]}
"""
ALLOWANCE = f"""
allowances:
  - {{guard: erase, scope: all, document: qd-363-vpubnd-2037, until: {ERASED}}}
"""
"""Years later, all who have left by today are due on one day."""
BEFORE = "2026-11-24"
DAYS = {
    "active": "2026-11-27",
    "locked": "2026-11-29",
    "closed": "2026-12-01",
    "archived": "2027-03-02",
    "erased": ERASED,
}
"""A day in each state; content is kept for 90 and 3,650 days."""
SIGN_IN = {"active": True, "locked": False, "closed": False, "archived": False, "erased": False}
MAIL = {"active": 250, "locked": 250, "closed": 550, "archived": 550, "erased": 550}
IN_THE_BOOK = {"active": True, "locked": True, "closed": False, "archived": False, "erased": False}


def written(lab: Lab, root: Path, message: str, **texts: str) -> None:
    """Add texts to files of data, and commit them."""
    for kind, text in texts.items():
        with (root / "data" / f"{kind}.yaml").open("a", encoding="utf-8") as file:
            file.write(text)
    lab.hopthu("format", root=root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def retiring(centre: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which the official is locked and retires, applied before either."""
    root = copied(tmp_path_factory.mktemp("states") / "checkout")
    people = root / "data" / "people.yaml"
    before, mark, after = people.read_text(encoding="utf-8").partition(f"- id: {PERSON}\n")
    record, _, rest = after.partition("\n- id: ")
    record += f"""
  locked:
    - {{from: 2026-11-28, until: 2026-11-30, {RECORD}}}
  left: {{how: retired, on: 2026-12-01, {RECORD}}}"""
    people.write_text(f"{before}{mark}{record}\n- id: {rest}", encoding="utf-8")
    written(centre, root, "Somebody is locked, and retires", documents=DOCUMENTS)
    centre.hopthu("apply", "lab", "--yes", "--on", BEFORE, root=root)
    return root


@pytest.fixture(scope="module", params=DAYS)
def state(request: pytest.FixtureRequest, centre: Lab, retiring: Path) -> str:
    """Bring the centre to the day on which the official is in the state; days go forward."""
    day = DAYS[request.param]
    if day == ERASED:
        written(centre, retiring, "Allow it", documents=ALLOWED, policy=ALLOWANCE)
    centre.hopthu("apply", "lab", "--yes", "--on", day, root=retiring)
    return str(request.param)


@pytest.fixture
def programs(centre: Lab) -> Iterator[Sessions]:
    """Be where mail programs are."""
    with in_network_of(centre) as (known, context):
        yield Sessions(known, context)


def sieve(programs: Sessions, name: str, password: str) -> bool:
    """Tell whether somebody signs in to edit filters (RFC 5804)."""
    with socket.create_connection((programs.access, 4190), timeout=30) as plain:
        lines = plain.makefile("rb")
        _until_ok(lines.readline)
        plain.sendall(b"STARTTLS\r\n")
        _until_ok(lines.readline)
        with programs.context.wrap_socket(plain) as secure:
            answers = secure.makefile("rb")
            _until_ok(answers.readline)
            word = b64encode(f"\0{name}@{DOMAIN}\0{password}".encode()).decode()
            secure.sendall(f'AUTHENTICATE "PLAIN" "{word}"\r\n'.encode())
            return answers.readline().startswith(b"OK")


def _until_ok(readline: Callable[[], bytes]) -> None:
    while line := readline():
        if line.startswith(b"OK"):
            return
        assert not line.startswith((b"NO", b"BYE")), line
    pytest.fail("the connection ended")


def submission_587(programs: Sessions, name: str, password: str) -> bool:
    """Tell whether somebody signs in on the port with STARTTLS."""
    with smtplib.SMTP(programs.access, 587, timeout=30) as smtp:
        smtp.starttls(context=programs.context)
        try:
            smtp.login(f"{name}@{DOMAIN}", password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code != 535:
                raise
            return False
        return True


DOORS: dict[str, Callable[[Sessions, str, str], bool]] = {
    "IMAP": Sessions.reads,
    "submission on 465": Sessions.sends,
    "submission on 587": submission_587,
    "ManageSieve": sieve,
}


def test_who_signs_in(state: str, centre: Lab, programs: Sessions) -> None:
    """With the right password, in every state; and never with a wrong one.

    All doors at once, because each makes whoever is refused wait.
    """
    with ThreadPoolExecutor(len(DOORS)) as pool:

        def enter(password: str) -> dict[str, bool]:
            found = pool.map(lambda door: door(programs, NAME, password), DOORS.values())
            return dict(zip(DOORS, found, strict=True))

        assert dict.fromkeys(DOORS, SIGN_IN[state]) == enter(centre.passwords[PERSON])
        assert dict.fromkeys(DOORS, False) == enter("wrong")


@pytest.mark.parametrize("host", ["dir1", "access1", "store1"])
def test_who_signs_in_to_the_directory(state: str, host: str, centre: Lab) -> None:
    """On every host that has a copy, the stores' doors included: they ask the same way."""
    word = centre.passwords[PERSON]
    bind = (
        "umask 077; cat >/run/word; ldapwhoami -x -H ldapi:/// "
        f"-D uid={PERSON},ou=people,dc=thanhhoa,dc=gov,dc=vn -y /run/word 2>&1; rm /run/word"
    )
    said = centre.ssh(host, f"printf %s '{word}' | ({bind})")
    assert SIGN_IN[state] == said.startswith(f"dn:uid={PERSON}"), said


def test_what_senders_hear(state: str, centre: Lab) -> None:
    """From outside: taken, or refused with where to write instead."""
    with (
        in_network_of(centre) as (known, _),
        smtplib.SMTP(known.host("edge1").address, 25, timeout=60) as smtp,
    ):
        smtp.ehlo("mx.example.org")
        smtp.mail("citizen@example.org")
        code, text = smtp.rcpt(f"{NAME}@{DOMAIN}")
        smtp.rset()
    assert MAIL[state] == code, text
    assert (code == 250) == (UNIT_ADDRESS.encode() not in text), text


def test_who_is_in_the_address_book(state: str, centre: Lab) -> None:
    """As a colleague sees it."""
    colleague = "nguyen-van-an"
    search = (
        "umask 077; cat >/run/word; LDAPTLS_REQCERT=never ldapsearch -x -LLL -H ldaps:/// "
        f"-D uid={colleague},ou=people,dc=thanhhoa,dc=gov,dc=vn -y /run/word "
        f"-b dc=thanhhoa,dc=gov,dc=vn '(uid={PERSON})' mail; rm /run/word"
    )
    said = centre.ssh("access1", f"printf %s '{centre.passwords[colleague]}' | ({search})")
    assert IN_THE_BOOK[state] == (f"mail: {NAME}@{DOMAIN}" in said), said


def test_every_copy_of_the_directory_agrees(state: str, centre: Lab) -> None:
    """Each host decides by its own."""
    states = {
        host: centre.ssh(
            host,
            "ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b dc=thanhhoa,dc=gov,dc=vn "
            f"'(uid={PERSON})' hopthuState | sed -n 's/^hopthuState: //p'",
        ).strip()
        for host in ("dir1", "access1", "store1", "store2")
    }
    assert {state} == set(states.values()), states
