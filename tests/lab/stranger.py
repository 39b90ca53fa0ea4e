"""What a stranger may do to servers on the Internet: `python3 - SECONDS EDGE ACCESS CA` on a host.

Goes through every public port again and again, with whatever scanners, broken mail programs and
people of ill will send there, and holds connections open meanwhile. Ends by itself after so many
seconds; prints how often it did what. Uses nothing but Python's own library, for it is sent to a
host that has no other.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import ssl
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

SMTP, SUBMISSIONS, SUBMISSION, IMAPS, SIEVE, SSH, LDAPS = 25, 465, 587, 993, 4190, 22, 636
WRAPPED = (SUBMISSIONS, IMAPS, LDAPS)
STARTTLS = {
    SMTP: b"EHLO x\r\nSTARTTLS\r\n",
    SUBMISSION: b"EHLO x\r\nSTARTTLS\r\n",
    SIEVE: b"STARTTLS\r\n",
}
TIMEOUT = 5.0
Address = tuple[str, int]
FAULTS = (OSError, ssl.SSLError, EOFError)


def dial(address: Address) -> socket.socket:
    """Connect."""
    return socket.create_connection(address, TIMEOUT)


def hear(sock: socket.socket, patience: float = 0.5) -> bytes:
    """Return what is said until there is silence for a moment."""
    heard = b""
    sock.settimeout(patience)
    with contextlib.suppress(TimeoutError):
        while part := sock.recv(65536):
            heard += part
    sock.settimeout(TIMEOUT)
    return heard


def reset(sock: socket.socket) -> None:
    """Hang up with a reset instead of an end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def before_tls(address: Address) -> socket.socket:
    """Connect and come to the point at which TLS begins."""
    sock = dial(address)
    if words := STARTTLS.get(address[1]):
        hear(sock, 0.2)
        sock.sendall(words)
        hear(sock, 0.2)
    return sock


def trusting() -> ssl.SSLContext:
    """TLS that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def in_tls(address: Address) -> ssl.SSLSocket:
    """Connect and speak TLS."""
    return trusting().wrap_socket(before_tls(address))


def handshake(address: Address, context: ssl.SSLContext, name: str | None = None) -> None:
    """Try a handshake, whatever comes of it."""
    with before_tls(address) as sock, context.wrap_socket(sock, server_hostname=name):
        pass


def scan_tls(address: Address) -> Iterator[Callable[[], None]]:
    """Yield what TLS scanners do to one port."""
    yield lambda: handshake(address, ssl.create_default_context(), "mail.thanhhoa.gov.vn")
    yield lambda: handshake(address, trusting(), "khong-co." * 20 + "example")
    for ciphers, versions in (
        ("ADH:@SECLEVEL=0", ("TLSv1", "TLSv1_2")),
        ("ALL:@SECLEVEL=0", ("TLSv1", "TLSv1")),
        ("PSK:@SECLEVEL=0", ("TLSv1_2", "TLSv1_2")),
    ):
        context = trusting()
        with contextlib.suppress(ssl.SSLError):
            context.set_ciphers(ciphers)
        context.minimum_version = getattr(ssl.TLSVersion, versions[0])
        context.maximum_version = getattr(ssl.TLSVersion, versions[1])
        yield lambda context=context: handshake(address, context)
    hello = client_hello()
    for words in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\xff\xff" + os.urandom(512),
        b"\x16\x03\x00" + hello[3:9] + b"\x03\x00" + hello[11:],  # SSL 3
        b"\x80\x2e\x01\x00\x02" + os.urandom(41),  # SSL 2
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        b"\x15\x03\x03\x00\x02\x02\x30",  # an alert: unknown CA
        b"\x18\x03\x03\x00\x03\x01\x40\x00",  # heartbeat
        hello[:50],
        hello + b"\x15\x03\x03\x00\x02\x02\x30",
        hello + b"\x14\x03\x03\x00\x01\x02" + os.urandom(64),
        hello + hello,
        os.urandom(4096),
    ):
        yield lambda words=words: shout(before_tls(address), words)
        yield lambda words=words: shout(before_tls(address), words, reset)


def shout(
    sock: socket.socket, words: bytes, leave: Callable[[socket.socket], None] | None = None
) -> None:
    """Say something, hear what is answered, and leave."""
    with sock:
        sock.sendall(words)
        hear(sock, 0.2)
        if leave:
            leave(sock)


def client_hello() -> bytes:
    """Return how a program begins TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        trusting().wrap_bio(incoming, outgoing, server_hostname="mx.thanhhoa.gov.vn").do_handshake()
    return outgoing.read()


def after_tls(address: Address, *words: bytes) -> Iterator[Callable[[], None]]:
    """Yield what is said to a port once TLS is there; the last time no end is made of it."""
    for said in words:
        yield lambda said=said: shout(in_tls(address), said)
    yield lambda: shout(in_tls(address), b"x\r\n", reset)


def talk(address: Address, *lines: bytes, tls: bool = False) -> None:
    """Say line after line, hearing the answers."""
    with (in_tls if tls else dial)(address) as sock:
        hear(sock, 0.3)
        for line in lines:
            sock.sendall(line + b"\r\n")
            hear(sock, 0.1)


MAIL, NOBODY = b"MAIL FROM:<a@example.org>", b"RCPT TO:<khong-co@thanhhoa.gov.vn>"
READER = b"RCPT TO:<baylv@thanhhoa.gov.vn>"
TALKS = (
    [b"GET / HTTP/1.1", b"Host: x", b"", b""],
    [b"CONNECT example.org:25 HTTP/1.0", b""],
    [
        b"EHLO " + b"x" * 9000,
        b"HELO 1.2.3.4",
        b"HELO [",
        b"HELO a/b",
        b"HELO \xff\xfe",
        b"HELO -a.b",
    ],
    [b"HELO 1234", b"HELO a..b", b"HELO " + b"a" * 300 + b".example", MAIL, NOBODY],
    [b"panic: fatal: error: warning: segfault", b"warning: No space left on device", b"fatal: x"],
    [b"EHLO fatal:", b"MAIL FROM:<warning:@example.org>", b'MAIL FROM:<"panic: x"@example.org>'],
    [b"EHLO x", *[b"XYZZY"] * 30],
    [b"EHLO x", b"AUTH PLAIN AGEAYg==", b"AUTH LOGIN", b"XCLIENT ADDR=10.88.0.11", b"ETRN x"],
    [b"EHLO x", b"VRFY root", b"EXPN root", b"HELP", b"TURN", b"BDAT 99999999999999999999 LAST"],
    [b"EHLO x", MAIL, *[NOBODY] * 30],
    [b"EHLO x", MAIL, *[b"RCPT TO:<baylv@example.net>"] * 30],
    [
        b"EHLO x",
        b"MAIL FROM:<@a,@b:c@example.org>",
        b"MAIL FROM:<a@" + b"b" * 400 + b">",
        b"MAIL FROM:<a b>",
    ],
    [
        b"EHLO x",
        b"MAIL FROM:<a@[1.2.3.4]>",
        b"RCPT TO:<a@[127.0.0.1]>",
        b"RCPT TO:<|id@x>",
        b"RCPT TO:<>",
    ],
    [
        b"EHLO x",
        b"MAIL FROM:<a@example.org> SIZE=99999999999999",
        b"MAIL FROM:<a@1.2.3.4>",
        b"MAIL FROM:<a@b/c>",
    ],
    [
        b"EHLO x",
        b"MAIL FROM:<a@nowhere.example>",
        b"MAIL FROM:<a@-x-.example>",
        b"MAIL FROM:<a@\xff>",
    ],
    [b"EHLO x", b"MAIL FROM:<>", READER, b"DATA", b"half a letter"],
    [
        b"EHLO x",
        b"MAIL FROM:<a@example.org> BODY=8BITMIME",
        READER,
        b"BDAT 5",
        b"abcdeXX",
        b"BDAT 3 LAST",
    ],
    [b"EHLO x\r\n" + MAIL + b"\r\n" + READER + b"\r\nDATA\r\nx\r\n.\r\nQUIT"],
    [b"EHLO x\nMAIL FROM:<a@example.org>\nRSET\n\n\n"],
    [b"\0\0\0\0", b"\xff" * 3000, b"EHLO \0", b"STARTTLS x", b"NOOP", *[b"RSET"] * 110],
)

NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(300)
)
LETTERS = {
    "no header": b"\n\n\nxx\n",
    "odd header": b"From: \xff\xfe\nTo\nSubject: =?utf-8?b?!!!?=\nDate: never\n: x\n\nx\n",
    "log words": b"From: a@example.org\nMessage-ID: <warning:fatal:panic:@example.org>\nSubject: panic:\n\nx\n",
    "long header": b"From: a@example.org\nSubject: " + b"x" * 200_000 + b"\n\nx\n",
    "long address": b"From: " + b"(" * 500 + b"a@example.org" + b")" * 500 + b"\nTo: " + b"a@b, " * 9000 + b"\n\nx\n",
    "loop": b"Received: x\n" * 120 + b"From: a@example.org\n\nx\n",
    "nested": b"From: a@example.org\nMIME-Version: 1.0\n" + NESTED,
    "bad parts": b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"\"\n\n--\n",
    "bad base64": b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/zip; name=a.zip\n"
    b"Content-Transfer-Encoding: base64\n\nUEsDBBQ!!!\xff\xff\n",
    "bad charset": b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: text/html; charset=\"khong-co\"\n\n<a href=\"http://[::\">\xff\n",
    "bad dkim": b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; b=!!!; bh=;\nARC-Seal: i=9; x\n"
    b"DKIM-Signature: v=9\nFrom: a@example.org\n\nx\n",
    "from ours": b"From: <a@thanhhoa.gov.vn>\nFrom: b\n\nx\n",
}  # fmt: skip


def broken_files() -> Iterator[tuple[str, bytes]]:
    """Yield files that begin like something and are not: scanners look into them."""
    junk = os.urandom(3000)
    yield "a.zip", b"PK\x03\x04\x14\0\0\0\x08\0" + junk + b"PK\x05\x06" + b"\xff" * 18
    yield "a.pdf", b"%PDF-1.7\n1 0 obj << /Length 99999999 /Filter /FlateDecode >> stream\n" + junk
    yield "a.doc", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + junk
    yield "a.exe", b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + junk
    yield "a.rar", b"Rar!\x1a\x07\x01\0" + junk
    yield "a.7z", b"7z\xbc\xaf\x27\x1c" + junk
    yield "a.gz", b"\x1f\x8b\x08\0" + junk
    yield "a.bz2", b"BZh9" + junk
    yield "a.xz", b"\xfd7zXZ\0" + junk
    yield "a.cab", b"MSCF" + junk
    yield "a.chm", b"ITSF\x03\0\0\0" + junk
    yield "a.png", b"\x89PNG\r\n\x1a\n" + junk
    yield "a.gif", b"GIF89a" + junk
    yield "a.jpg", b"\xff\xd8\xff\xe0" + junk
    yield "a.tiff", b"II*\0" + junk
    yield "a.swf", b"CWS\x08" + junk
    yield "a.elf", b"\x7fELF\x01\x01\x01" + junk
    yield "a.tar", b"x" * 257 + b"ustar\0" + b"00" + b"\xff" * 247 + junk
    yield "a.iso", bytes(32768) + b"\x01CD001\x01" + junk
    yield "a.rtf", b"{\\rtf1" + b"{\\object\\objdata " * 200 + junk
    yield "a.html", b"<html><script>" + b"<div>" * 3000 + junk
    yield "a.tnef", b"\x78\x9f\x3e\x22" + junk
    yield "a.arj", b"\x60\xea" + junk
    yield "a.egg", b"EGGA" + junk
    yield "a.eml", b"From: x\nContent-Type: message/rfc822\n\n" * 40
    yield "a.one", bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + junk


def attached(name: str, content: bytes) -> bytes:
    """Return a letter with one attachment."""
    import base64

    return (
        b"From: a@example.org\nSubject: %s\nMIME-Version: 1.0\nContent-Type: application/octet-stream;"
        b" name=%s\nContent-Disposition: attachment; filename=%s\n"
        b"Content-Transfer-Encoding: base64\n\n" % ((name.encode(),) * 3)
    ) + base64.encodebytes(content)


def post(address: Address, letter: bytes) -> None:
    """Hand in a letter, whatever comes of it."""
    with dial(address) as sock:
        hear(sock, 0.3)
        for line in (b"EHLO mx.example.org", MAIL, READER, b"DATA"):
            sock.sendall(line + b"\r\n")
            hear(sock, 0.3)
        sock.sendall(letter.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        hear(sock, 3)


def guesses(access: str) -> Iterator[Callable[[], None]]:
    """Yield attempts to sign in, and worse."""
    name = b"annv@thanhhoa.gov.vn"
    for port in (SUBMISSION, SUBMISSIONS):
        yield from after_tls(
            (access, port),
            b"EHLO x\r\nAUTH PLAIN AGEAYg==\r\n",
            b"EHLO x\r\nAUTH PLAIN !!!!\r\nAUTH LOGIN\r\n*\r\nAUTH CRAM-MD5\r\nAUTH XOAUTH2 =\r\n",
            b"EHLO x\r\nAUTH LOGIN\r\n" + b"QQ==" * 5000 + b"\r\n",
            b"EHLO x\r\nAUTH LOGIN\r\n//79\r\n//79\r\n",
            b"EHLO x\r\n" + MAIL + b"\r\nGET / HTTP/1.0\r\n" + b"\xff" * 5000 + b"\r\n",
        )
        yield lambda port=port: talk((access, port), *TALKS[4], tls=port == SUBMISSIONS)
    yield from after_tls(
        (access, IMAPS),
        b"\xff\0 LOGIN x y\r\n* x\r\n+ y\r\n\r\n" + b"z" * 70000 + b"\r\n",
        b'a LOGIN "%s" "x"\r\n' % name,
        b'a LOGIN "fatal: panic" "error: x"\r\na LOGIN {99999999999}\r\na LOGIN {5+}\r\n\xff\xfe\xfd\xfc\xfb "x"\r\n',
        b"a AUTHENTICATE PLAIN !!!!\r\nb AUTHENTICATE PLAIN\r\n" + b"QQ==" * 30000 + b"\r\n",
        b'a AUTHENTICATE GSSAPI\r\na STARTTLS\r\na ID ("x" {10}\r\na SELECT INBOX\r\n',
        b"a LOGIN " + b"u" * 3000 + b"@thanhhoa.gov.vn x\r\n",
        b'a LOGIN "*" "x"\r\na LOGIN "%(uid=*)" "x"\r\na LOGIN "a*b@thanhhoa.gov.vn" "x"\r\n',
        *[b"a%d NONSENSE\r\n" % n * 30 for n in range(2)],
    )
    yield from after_tls(
        (access, SIEVE),
        b'AUTHENTICATE "PLAIN" "AGEAYg=="\r\nAUTHENTICATE "PLAIN" {99999999999+}\r\n',
        b"GET / HTTP/1.0\r\n\r\n" + b"\xff" * 5000 + b"\r\n",
        b'PUTSCRIPT "x" {5+}\r\nabcde\r\nLOGOUT\r\n',
    )
    yield lambda: talk(
        (access, SIEVE), b"GET / HTTP/1.0", b'AUTHENTICATE "PLAIN" "!!"', b"\xff" * 9000
    )
    for words in (b"SSH-1.0-x\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 300, b"SSH-2.0-x\r\n" + b"\xff" * 300,
                  b"SSH-2.0-x\r\n" + struct.pack(">IBB", 12, 4, 20) + b"\0" * 10):  # fmt: skip
        yield lambda words=words: shout(dial((access, SSH)), words)
        yield lambda words=words: shout(dial((access, SSH)), words, reset)
    for words in (b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", b"\x30\x84\xff\xff\xff\xff", b"\x30\x00",
                  b"\x30\x05\x02\x01\x01\x42\x00" * 50, b"\xff" * 900, b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x02\x04\x00\x80\x00"):  # fmt: skip
        yield lambda words=words: shout(in_tls((access, LDAPS)), words)
        yield lambda words=words: shout(in_tls((access, LDAPS)), words, reset)


def deeds(edge: str, access: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield all there is, each with what it counts as."""
    for lines in TALKS:
        yield "talk", lambda lines=lines: talk((edge, SMTP), *lines)
        yield "talk", lambda lines=lines: talk((edge, SMTP), *lines, tls=True)
    for port in (SUBMISSION, SUBMISSIONS, IMAPS, SIEVE, LDAPS, SMTP):
        for deed in scan_tls((edge if port == SMTP else access, port)):
            yield "tls", deed
    for deed in guesses(access):
        yield "guess", deed
    for letter in LETTERS.values():
        yield "letter", lambda letter=letter: post((edge, SMTP), letter)
    for name, content in broken_files():
        yield (
            "letter",
            lambda name=name, content=content: post((edge, SMTP), attached(name, content)),
        )


def hold(addresses: list[Address], count: int, until: float) -> None:
    """Keep connections open and say nothing; those that are ended are opened again."""
    held: list[socket.socket] = []
    for address in itertools.cycle(addresses):
        if time.monotonic() >= until:
            return
        with contextlib.suppress(*FAULTS):
            held.append(dial(address))
        if len(held) >= count:
            time.sleep(0.5)
            for old in held[: count // 4]:
                old.close()
            del held[: count // 4]


def main() -> None:
    """Do it all for so many seconds."""
    seconds, edge, access = float(sys.argv[1]), sys.argv[2], sys.argv[3]
    until, done, failed = time.monotonic() + seconds, Counter[str](), Counter[str]()
    todo, lock = itertools.cycle(list(deeds(edge, access))), threading.Lock()

    def work() -> None:
        while time.monotonic() < until:
            with lock:
                what, deed = next(todo)
            try:
                deed()
            except FAULTS:
                failed[what] += 1
            done[what] += 1

    places = [(edge, SMTP), (access, SUBMISSION), (access, IMAPS), (access, SIEVE)]
    threads = [threading.Thread(target=work) for _ in range(6)]
    threads.append(threading.Thread(target=hold, args=(places, 60, until)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(dict(done), dict(failed))  # noqa: T201


if __name__ == "__main__":
    main()
