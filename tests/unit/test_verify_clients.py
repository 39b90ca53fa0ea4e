"""The probes' own SMTP, IMAP and LDAP, against servers that follow a script."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.remote import utf7
from hopthu.verify import ldap, mail, vantage
from hopthu.verify.context import ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.imap import Imap
from hopthu.verify.smtp import Busy, Reply, Smtp, expect, offer

Talk = Callable[[socket.socket], None]


@contextmanager
def server(talk: Talk) -> Iterator[Callable[[], socket.socket]]:
    """Serve one connection by `talk`; yield what connects to it."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)

    def serve() -> None:
        with theirs:
            talk(theirs)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield lambda: ours
    finally:
        if ours.fileno() != -1:  # a file made of it would keep it open, and the thread waiting
            ours.shutdown(socket.SHUT_RDWR)
        ours.close()
        thread.join(5)
        assert not thread.is_alive()


_USUAL = {"QUIT": "221 bye", "DATA": "354 go on"}


def answering(greeting: str, **answers: str) -> Talk:
    """Answer each command by its first word; `DOT` is the answer to a message's end."""

    def talk(sock: socket.socket) -> None:
        sock.sendall(f"{greeting}\r\n".encode())
        with sock.makefile("rb") as lines:
            body = False
            for raw in lines:
                line = raw.decode().strip()
                if body and line != ".":
                    continue
                word = "DOT" if body else line.split(" ")[0].split(":")[0].upper()
                body = word == "DATA" and answers.get("DATA", "354").startswith("354")
                sock.sendall(f"{answers.get(word, _USUAL.get(word, '250 fine'))}\r\n".encode())

    return talk


LETTER = b"Subject: x\r\n\r\nx\r\n"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"DATA": "354 go on"}, Reply("DATA", 250, "fine")),
        ({"MAIL": "553 5.7.1 not yours"}, Reply("MAIL", 553, "5.7.1 not yours")),
        ({"RCPT": "550 5.1.1 unknown"}, Reply("RCPT", 550, "5.1.1 unknown")),
        ({"DATA": "451 4.7.1 later"}, Reply("DATA", 451, "4.7.1 later")),
        ({"DATA": "354 go on", "DOT": "550 virus"}, Reply("DATA", 550, "virus")),
    ],
)
def test_offer_returns_the_final_reply(answers: dict[str, str], expected: Reply) -> None:
    """The first refusal wins, wherever it comes; nothing is raised."""
    with server(answering("220 hi", **answers)) as connect, Smtp("mx", 25, connect, "me") as smtp:
        smtp.ehlo()
        assert expected == offer(smtp, "a@example.org", ["b@example.org"], LETTER)


def test_a_missing_greeting_is_a_failure() -> None:
    """A connection that ends at once says where, not `Connection unexpectedly closed` alone."""
    with (
        server(lambda _: None) as connect,
        pytest.raises(ProbeFailed, match="expected mx:25 to greet"),
    ):
        Smtp("mx", 25, connect, "me")


BUSY = "421 4.7.0 mx Error: too many connections from 10.88.0.101"


class Waits:
    """A context in which waiting takes no time; `pauses` are the times waited."""

    def __init__(self) -> None:
        self.stopping, self.pauses = self, list[float]()

    def wait(self, pause: float) -> bool:
        """Pause, uninterrupted."""
        self.pauses.append(pause)
        return False


def test_a_busy_server_is_tried_again() -> None:
    """A little later each time."""
    waits, greetings = Waits(), [BUSY, BUSY, "220 hi"]

    def connect() -> Smtp:
        with server(answering(greetings.pop(0))) as dial:
            return Smtp("mx", 25, dial, "me")

    mail.patiently(cast("ProbeContext", waits), connect)
    assert [0.25, 0.5] == waits.pauses


def test_a_busy_server_is_given_up_in_the_end() -> None:
    """The greeting is reported unchanged."""

    def connect() -> Smtp:
        with server(answering(BUSY)) as dial:
            return Smtp("mx", 25, dial, "me")

    with pytest.raises(ProbeFailed, match=r"expected mx:25 to greet; got 421 .*too many"):
        mail.patiently(cast("ProbeContext", Waits()), connect, within=0)


def test_other_greetings_are_not_retried() -> None:
    """A server that is broken is broken at once."""
    with (
        server(answering("421 4.3.0 out of order")) as connect,
        pytest.raises(ProbeFailed) as caught,
    ):
        Smtp("mx", 25, connect, "me")
    assert not isinstance(caught.value, Busy)


def test_a_failing_goodbye_is_ignored() -> None:
    """Under stress the answer to QUIT is 421 as well."""
    talk = answering("220 hi", RCPT="550 5.1.1 unknown", QUIT="421 4.7.0 too many errors")
    with server(talk) as connect, Smtp("mx", 25, connect, "me") as smtp:
        smtp.ehlo()
        assert 550 == offer(smtp, "a@example.org", ["b@example.org"], LETTER).code


REFUSED = Reply("RCPT", 550, "5.1.6 write to STC@thanhhoa.gov.vn")


def test_expected_reply() -> None:
    """The reply is shown in the table."""
    assert "550 5.1.6 write to STC@thanhhoa.gov.vn (at RCPT)" == expect(
        REFUSED, "550", text="stc@thanhhoa.gov.vn", step="RCPT"
    )


@pytest.mark.parametrize(
    ("codes", "more", "expected"),
    [
        ("250", {}, "expected reply 250; got 550"),
        ("4..", {}, "expected reply 4xx; got 550"),
        ("553|554", {}, "expected reply 553/554; got 550"),
        ("550", {"step": "DATA"}, "expected reply 550 at DATA; got 550"),
        ("550", {"text": "vpubnd"}, 'expected reply 550 with "vpubnd"; got 550'),
        ("55", {}, "expected reply 55; got 550"),
    ],
)
def test_unexpected_reply(codes: str, more: dict[str, str], expected: str) -> None:
    """Code, step and text all count."""
    with pytest.raises(ProbeFailed) as failure:
        expect(REFUSED, codes, **more)
    assert str(failure.value).startswith(expected)


class Clear:
    """In place of TLS: the script is spoken in clear."""

    @staticmethod
    def wrap_socket(sock: socket.socket, server_hostname: str) -> socket.socket:
        """Return the connection as it is."""
        assert "mail" == server_hostname
        return sock


def mailbox(messages: dict[int, str], login: str = "OK welcome") -> Talk:
    """Serve one folder with `messages`: UID → Message-ID."""
    headers = []
    for number, (uid, name) in enumerate(messages.items(), start=1):
        header = f"Message-ID: <{name}>\r\n\r\n"
        items = f"UID {uid} BODY[HEADER.FIELDS (MESSAGE-ID)]"
        headers.append(f"* {number} FETCH ({items} {{{len(header)}}}\r\n{header})")
    text = "Subject: x\r\n\r\nhello\r\n"
    script = {
        "CAPABILITY": ["* CAPABILITY IMAP4rev1", "OK done"],
        "LOGIN": [login],
        "LIST": [
            r'* LIST (\HasNoChildren) "/" INBOX',
            r'* LIST (\Noselect) "/" "&ARABoQ-n v&Hss-"',
            r'* LIST (\HasNoChildren) "/" "&ARABoQ-n v&Hss-/so-tai-chinh/INBOX"',
            "OK done",
        ],
        "SELECT": [f"* {len(messages)} EXISTS", "OK done"],
        "FETCH": [*headers, "OK done"],
        "UID": [f"* 1 FETCH (UID 7 BODY[] {{{len(text)}}}\r\n{text})", "OK done"],
        "SETACL": ["BAD unknown"],
        "LOGOUT": ["* BYE", "OK done"],
    }

    def talk(sock: socket.socket) -> None:
        sock.sendall(b"* OK ready\r\n")
        with sock.makefile("rb") as lines:
            for raw in lines:
                tag, _, command = raw.decode().strip().partition(" ")
                *untagged, last = script[command.split(" ")[0]]
                for line in untagged:
                    sock.sendall(f"{line}\r\n".encode())
                sock.sendall(f"{tag} {last}\r\n".encode())

    return talk


@contextmanager
def session(talk: Talk) -> Iterator[Imap]:
    with server(talk) as connect, Imap("mail", connect, cast("object", Clear())) as imap:  # type: ignore[arg-type]
        yield imap


def test_find_by_token() -> None:
    """Only messages whose Message-ID begins with the token, by UID."""
    with session(mailbox({3: "hopthu1@example.org", 7: "hopthu22@x", 9: "xhopthu2@x"})) as imap:
        assert "" == imap.sign_in("an", "secret")
        assert ["7"] == imap.find("INBOX", "hopthu2")
        assert [] == imap.find("INBOX", "nobody")
        message: EmailMessage = imap.read("7")
        assert "hello" in message.get_content()


def test_empty_folder() -> None:
    """Nothing is fetched where nothing is."""
    with session(mailbox({})) as imap:
        imap.sign_in("an", "secret")
        assert [] == imap.find("INBOX", "hopthu")


def test_a_refused_sign_in_returns_the_reply() -> None:
    """[AUTHENTICATIONFAILED] and [UNAVAILABLE] are not the same (RFC 5530)."""
    with session(mailbox({}, "NO [UNAVAILABLE] later")) as imap:
        assert "[UNAVAILABLE] later" in imap.sign_in("an", "secret")


def test_folders_that_can_be_opened() -> None:
    """Names are readable, levels without messages are left out."""
    with session(mailbox({})) as imap:
        imap.sign_in("an", "secret")
        assert ("INBOX", "Đơn vị/so-tai-chinh/INBOX") == imap.folders()


def test_sharing_refused() -> None:
    """A command the server does not know shares nothing."""
    with session(mailbox({})) as imap:
        imap.sign_in("an", "secret")
        assert not imap.shares("INBOX", "binh")


@given(st.text())
def test_folder_names_are_encoded_and_decoded(name: str) -> None:
    """Whatever a folder is called, IMAP writes it in ASCII and we read it back."""
    assert name == utf7.decode(utf7.encode(name))
    assert utf7.encode(name).isascii()


def test_send_in_clear_reads_until_the_end() -> None:
    """Reading ends when the server closes the connection."""

    def talk(sock: socket.socket) -> None:
        sock.sendall(b"* OK ")
        sock.recv(100)
        sock.sendall(b"ready")

    with server(talk) as connect:
        assert b"* OK ready" == vantage.send_in_clear(connect(), b"a LOGIN x y\r\n")


def test_ldif() -> None:
    """Names of attributes in lower case; base64 where a value is not ASCII (RFC 2849)."""
    text = "dn: uid=an,ou=people\nCN:: Tmd1eeG7hW4=\nmail: a@x\nmail: b@x\n\ndn: uid=b\n\n# end\n"
    first, second = ldap.parse(text)
    assert ["Nguyễn"] == first["cn"]
    assert ["a@x", "b@x"] == first["mail"]
    assert {"dn": ["uid=b"]} == second
    assert () == ldap.parse("")
