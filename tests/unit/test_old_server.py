"""The session with an old server, against one that says what a test has it say."""

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hopthu.remote.mail_messages import Failed, OldMessage, Rejected, digest, flags_of, said
from hopthu.remote.old_server import OldServer

CANARY = "chim-hoang-yen"
Answer = Callable[[bytes], list[bytes]]
"""Receives a command without its tag; returns lines, of which the last follows the tag."""


def _serve(
    listener: socket.socket, capabilities: bytes, answer: Answer, heard: list[bytes]
) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"* OK ready\r\n")
        for line in lines:
            tag, _, command = line.rstrip(b"\r\n").partition(b" ")
            heard.append(command)
            if command == b"CAPABILITY":
                reply = [b"* CAPABILITY IMAP4rev1 " + capabilities, b"OK done"]
            elif command == b"AUTHENTICATE PLAIN":
                connection.sendall(b"+ \r\n")
                heard.append(next(lines).strip())
                reply = answer(b"PLAIN")
            elif command == b"LOGOUT":
                reply = [b"* BYE", b"OK done"]
            else:
                reply = answer(command)
            for each in reply[:-1]:
                connection.sendall(each + b"\r\n")
            if not reply[-1]:
                return
            connection.sendall(tag + b" " + reply[-1] + b"\r\n")


@contextmanager
def server(capabilities: bytes, answer: Answer) -> Iterator[tuple[dict[str, object], list[bytes]]]:
    """Have a server; yields a question that names it, and what it has heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, capabilities, answer, heard)
        threading.Thread(target=_serve, args=arguments, daemon=True).start()
        yield {
            "host": "127.0.0.1", "port": listener.getsockname()[1], "tls": False, "ca": "",
            "user": "bình", "administrator": "", "password": CANARY,
        }, heard  # fmt: skip


def fine(command: bytes) -> list[bytes]:
    """Have nothing, and agree to everything."""
    return [b"OK done"]


@pytest.mark.parametrize("password", [CANARY, 'a"b\\c', "mật khẩu", "$x %n {5}", " a "])
def test_a_password_arrives_as_it_is(password: str) -> None:
    """By SASL where it is offered, else in a string."""
    with server(b"AUTH=PLAIN", fine) as (question, heard):
        OldServer(question | {"password": password}).close()
    assert f"\0bình\0{password}".encode() == base64.b64decode(heard[2])
    with server(b"", fine) as (question, heard):
        OldServer(question | {"password": password}).close()
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    assert f'LOGIN "bình" "{quoted}"'.encode() == heard[1]


def test_an_administrator_signs_in_for_somebody() -> None:
    """RFC 4616: for whom, who, and the password."""
    with server(b"AUTH=PLAIN", fine) as (question, heard):
        OldServer(question | {"administrator": "quản-trị"}).close()
    assert f"bình\0quản-trị\0{CANARY}".encode() == base64.b64decode(heard[2])


@pytest.mark.parametrize(
    ("capabilities", "reply", "administrator", "code", "detail"),
    [
        (
            b"AUTH=PLAIN",
            b"NO [AUTHENTICATIONFAILED] no",
            "",
            "sign-in",
            "[AUTHENTICATIONFAILED]",
        ),
        (b"", b"NO wrong", "", "sign-in", ""),
        (b"", f"NO {CANARY} is wrong".encode(), "", "sign-in", ""),
        (b"AUTH=PLAIN", f"NO {CANARY} is wrong".encode(), "", "sign-in", ""),
        (b"", b"NO \x1b[2J" + b"x" * 500, "", "sign-in", ""),
        (
            b"AUTH=PLAIN",
            b"BAD " + base64.b64encode(f"\0bình\0{CANARY}".encode()),
            "",
            "sign-in",
            "",
        ),
        (b"LOGINDISABLED", b"OK", "", "sign-in", "LOGINDISABLED"),
        (b"", b"OK", "admin", "no-administrator", ""),
        (b"", b"", "", "unreachable", ""),
    ],
)
def test_a_refused_sign_in_says_why(
    capabilities: bytes, reply: bytes, administrator: str, code: str, detail: str
) -> None:
    """By the response code of the server: its words may repeat the password in some way."""
    with (
        server(capabilities, lambda _: [reply]) as (question, _),
        pytest.raises(Failed) as raised,
    ):
        OldServer(question | {"administrator": administrator})
    assert code == raised.value.why.code
    assert code == "unreachable" or detail == raised.value.why.detail


def test_a_server_that_is_not_there_or_speaks_nothing_known() -> None:
    """Neither is a traceback."""
    question = {"host": "127.0.0.1", "tls": False, "ca": ""}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        question["port"] = listener.getsockname()[1]
    with pytest.raises(Failed) as raised:
        OldServer(question)
    assert "unreachable" == raised.value.why.code
    with (
        server(b"", fine) as (question, _),
        pytest.raises(Failed) as raised,
    ):
        OldServer(question | {"tls": True})
    assert "tls" == raised.value.why.code


FETCHED = [
    (
        b"* 1 FETCH (UID 3 FLAGS (\\Seen \\Recent Quan-Trong) "
        b'INTERNALDATE " 1-Jan-2024 10:00:00 +0700" RFC822.SIZE 12)'
    ),
    b'* 2 FETCH (RFC822.SIZE 5 FLAGS () UID 9 INTERNALDATE "odd")',
    b"* 2 FETCH (FLAGS (\\Seen))",
]
BODIES = [
    b"* 1 FETCH (UID 3 BODY[] {12}\r\nhello\r\nworld)",
    b"* 2 FETCH (BODY[] {5}\r\nolleh UID 9)",
]


def folder(command: bytes) -> list[bytes]:
    """Have a folder with two messages."""
    if command.startswith(b"EXAMINE"):
        return [b"* 2 EXISTS", b"* OK [UIDVALIDITY 77] x", b"OK [READ-ONLY] done"]
    if command == b"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)":
        return [*FETCHED, b"OK done"]
    if command.startswith(b"UID FETCH") and b"BODY.PEEK[]" in command:
        return [*BODIES, b"OK done"]
    return [b"OK done"]


def test_a_folder_is_read_and_never_changed() -> None:
    """EXAMINE and PEEK; parts come in any order."""
    with server(b"", folder) as (question, heard):
        old = OldServer(question)
        validity, messages, untold = old.open(b'A "x"')
        assert (77, 0) == (validity, untold)
        assert messages == {
            3: OldMessage(("Quan-Trong", "\\Seen"), '" 1-Jan-2024 10:00:00 +0700"', 12),
            9: OldMessage((), "", 5),
        }
        wanted = {**messages, 10: OldMessage((), "", 1)}
        found = dict(old.contents(b'A "x"', wanted))
        old.close()
    assert {3: b"hello\r\nworld", 9: b"olleh", 10: None} == found
    assert b'EXAMINE "A \\"x\\""' in heard
    assert not [each for each in heard if each.startswith((b"SELECT", b"STORE", b"UID STORE"))]


def test_what_a_server_does_not_tell_is_missed() -> None:
    """It has more messages than it answers with; and it may be gone before it is left."""

    def short(command: bytes) -> list[bytes]:
        if command.startswith(b"EXAMINE"):
            return [b"* 4 EXISTS", b"* OK [UIDVALIDITY 77] x", b"OK done"]
        return folder(command) if command.startswith(b"UID") else [b"OK done"]

    with server(b"", short) as (question, _):
        old = OldServer(question)
        assert 2 == old.open(b"A")[2]
        old._imap.sock.close()
        old.close()


@pytest.mark.parametrize("word", ["NO", "BAD"])
def test_a_folder_that_may_not_be_read_is_rejected(word: str) -> None:
    """Others can be."""
    reply = f"{word} [NOPERM] x".encode()
    with server(b"", lambda c: [reply if b"EXAMINE" in c else b"OK x"]) as (question, _):
        old = OldServer(question)
        with pytest.raises(Rejected, match="NOPERM"):
            old.open(b"A")
        with pytest.raises(Rejected, match="NOPERM"):
            list(old.contents(b"A", {1: OldMessage((), "", 1)}))
        old.close()


@pytest.mark.parametrize("word", ["NO", "BAD"])
def test_a_broken_message_keeps_no_other_back(word: str) -> None:
    """An answer for several fails as a whole; then each is asked for by itself."""

    def answer(command: bytes) -> list[bytes]:
        if command.startswith(b"UID FETCH 3,9"):
            return [f"{word} cannot read 9".encode()]
        if command.startswith(b"UID FETCH 9"):
            return [f"{word} cannot read 9".encode()]
        if command.startswith(b"UID FETCH 3"):
            return [BODIES[0], b"OK done"]
        return folder(command)

    wanted = {3: OldMessage((), "", 1), 9: OldMessage((), "", 1)}
    with server(b"", answer) as (question, _):
        old = OldServer(question)
        assert {3: b"hello\r\nworld", 9: None} == dict(old.contents(b"A", wanted))
        old.close()


@pytest.mark.slow
def test_folders_are_listed_with_what_they_are_for() -> None:
    """If the server can say so; a folder that is listed twice is one."""

    def answer(command: bytes) -> list[bytes]:
        if command == b'LIST "" "*" RETURN (SPECIAL-USE)':
            return [b'* LIST (\\Sent) "." "INBOX.Di"', b"OK done"]
        if command == b"NAMESPACE":
            return [b'* NAMESPACE (("INBOX." ".")) NIL (("Chung." "."))', b"OK done"]
        if command.startswith(b"LSUB"):
            return [b'* LSUB () "." "INBOX.Di"', b"OK done"]
        return [b'* LIST () "." "INBOX.Di"', b"OK done"]

    with server(b"SPECIAL-USE LIST-EXTENDED NAMESPACE", answer) as (question, _):
        old = OldServer(question)
        folders, prefix, others = old.folders()
        assert [(b"INBOX.Di", {"\\sent"})] == [(f.wire, f.attributes) for f in folders]
        assert ("INBOX.", ("Chung.",)) == (prefix, others)
        assert {b"INBOX.Di"} == old.subscribed()
        old.close()
    with server(b"", answer) as (question, _):
        old = OldServer(question)
        folders, prefix, others = old.folders()
        assert [frozenset()] == [f.attributes for f in folders]
        assert ("", ()) == (prefix, others)
        old.close()


def test_flags_that_cannot_be_kept_are_dropped() -> None:
    """What is not of RFC 3501 would be refused with the message."""
    raw = b"\\seen \\Recent \\Odd $Forwarded NonJunk a]b x\xc3\xa9"
    assert ("$Forwarded", "NonJunk", "\\Seen") == flags_of(raw)


def test_messages_are_told_apart_by_content_alone() -> None:
    """Servers end lines as they like."""
    assert digest(b"a\r\nb\r\n") == digest(b"a\nb\n")
    assert digest(b"a\nb") != digest(b"a\nc")
    assert "a b" == said([b"a\x00b"])
