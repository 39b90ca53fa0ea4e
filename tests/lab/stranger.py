"""What a stranger may do to servers on the Internet: `python3 stranger.py SECONDS EDGE ACCESS`.

Runs on `internet` of a lab. Goes through every public port with whatever scanners, broken mail
programs and people of ill will send there, and says `once` when all of it was done once. Goes on
from then on, with every session of port 25 held open, until standard input ends, but for no longer
than so many seconds; then says how often it did what. Needs nothing but Python and hostile.py.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import hostile

SMTP, SUBMISSIONS, SUBMISSION, IMAPS, SIEVE, SSH, LDAPS = 25, 465, 587, 993, 4190, 22, 636
STARTTLS = {
    SMTP: b"EHLO x\r\nSTARTTLS\r\n",
    SUBMISSION: b"EHLO x\r\nSTARTTLS\r\n",
    SIEVE: b"STARTTLS\r\n",
}
TIMEOUT = 5.0
WORKERS = 12
HELD = 100
"""Sessions that are held open with port 25: all it has."""
OWN = [f"10.88.0.{number}" for number in range(160, 170)]
"""The stranger's addresses: a server counts sessions of each."""

Address = tuple[str, int]
Deed = Callable[[], None]


def dial(address: Address, *, own: bool = True) -> socket.socket:
    """Connect, from an address of the stranger's or from the host's."""
    source = (random.choice(OWN), 0) if own else None  # noqa: S311
    return socket.create_connection(address, TIMEOUT, source)


def hear(sock: socket.socket, patience: float) -> None:
    """Listen until there is silence for a moment."""
    sock.settimeout(patience)
    with contextlib.suppress(TimeoutError):
        while sock.recv(65536):
            pass
    sock.settimeout(TIMEOUT)


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


def only(ciphers: str, version: str) -> ssl.SSLContext:
    """TLS as a scanner does it that looks for something weak."""
    context = trusting()
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    return context


def handshake(address: Address, context: ssl.SSLContext, name: str | None = None) -> None:
    """Try a handshake, whatever comes of it."""
    with before_tls(address) as sock, context.wrap_socket(sock, server_hostname=name):
        pass


def client_hello() -> bytes:
    """Return how a program begins TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        trusting().wrap_bio(incoming, outgoing, server_hostname="mx.thanhhoa.gov.vn").do_handshake()
    return outgoing.read()


def shout_to(
    connect: Callable[[Address], socket.socket],
    address: Address,
    words: bytes,
    *,
    reset: bool = False,
) -> None:
    """Connect somewhere, and say something there."""
    shout(connect(address), words, reset=reset)


def shout(sock: socket.socket, words: bytes, *, reset: bool = False) -> None:
    """Say something, hear what is answered, and hang up: with a reset, or in order."""
    with sock:
        sock.sendall(words)
        hear(sock, 0.2)
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def talk(address: Address, lines: list[bytes], *, tls: bool) -> None:
    """Say line after line, hearing the answers."""
    with (in_tls if tls else dial)(address) as sock:
        hear(sock, 0.3)
        for line in lines:
            sock.sendall(line + b"\r\n")
            hear(sock, 0.05)


def post(address: Address, letter: bytes) -> None:
    """Hand in a letter, whatever comes of it."""
    with dial(address, own=False) as sock:
        hear(sock, 0.3)
        for line in (b"EHLO mx.example.org", hostile.MAIL, hostile.READER, b"DATA"):
            sock.sendall(line + b"\r\n")
            hear(sock, 0.2)
        sock.sendall(letter.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        hear(sock, 3)


def scans(address: Address) -> Iterator[Deed]:
    """Yield what TLS scanners do to a port, and clients that do not know our authority."""
    yield partial(handshake, address, ssl.create_default_context(), "mail.thanhhoa.gov.vn")
    yield partial(handshake, address, trusting(), "khong-co." * 20 + "example")
    for ciphers, version in (("ADH", "TLSv1_2"), ("PSK", "TLSv1_2"), ("ALL", "TLSv1")):
        yield partial(handshake, address, only(ciphers, version))
    for words in hostile.handshakes(client_hello()):
        yield partial(shout_to, before_tls, address, words)
        yield partial(shout_to, before_tls, address, words, reset=True)


def stop_with_input(stop: threading.Event) -> None:
    """Say that it is over when standard input ends."""
    sys.stdin.read()
    stop.set()


def deeds(edge: str, access: str) -> Iterator[tuple[str, Deed]]:
    """Yield all there is, each with what it counts as."""
    for lines in hostile.TALKS:
        yield "talks", partial(talk, (edge, SMTP), lines, tls=False)
        yield "talks", partial(talk, (edge, SMTP), lines, tls=True)
        yield "talks", partial(talk, (access, SUBMISSION), lines, tls=False)
    for port in (SUBMISSION, SUBMISSIONS, IMAPS, SIEVE, LDAPS, SMTP):
        for deed in scans((edge if port == SMTP else access, port)):
            yield "scans", deed
    for port, words in (
        *((port, words) for port in (SUBMISSION, SUBMISSIONS) for words in hostile.SUBMIT),
        *((IMAPS, words) for words in hostile.IMAP),
        *((SIEVE, words) for words in hostile.SIEVE),
        *((LDAPS, words) for words in hostile.LDAP),
    ):
        place = (access, port)
        yield "guesses", partial(shout_to, in_tls, place, words)
        yield "guesses", partial(shout_to, in_tls, place, words, reset=True)
    for words in hostile.SSH:
        yield "guesses", partial(shout_to, dial, (access, SSH), words)
    for letter in hostile.LETTERS.values():
        yield "letters", partial(post, (edge, SMTP), letter)
    for name, content in hostile.broken_files():
        yield "letters", partial(post, (edge, SMTP), hostile.attached(name, content))


def work(todo: Iterator[tuple[str, Deed]], lock: threading.Lock, stop: threading.Event,
         done: Counter[str]) -> None:  # fmt: skip
    """Do one thing after another."""
    while not stop.is_set():
        with lock:
            what, deed = next(todo, ("", None))
        if deed is None:
            return
        try:
            deed()
            done[what] += 1
        except (OSError, EOFError):  # what a server does with somebody like this
            done[f"{what} cut short"] += 1


def together(todo: Iterator[tuple[str, Deed]], stop: threading.Event, done: Counter[str]) -> None:
    """Have all workers do what there is to do."""
    lock = threading.Lock()
    threads = [threading.Thread(target=work, args=(todo, lock, stop, done)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def say(line: str) -> None:
    """Tell whoever started this."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Do it all once, then again and again."""
    seconds, edge, access = float(sys.argv[1]), sys.argv[2], sys.argv[3]
    stop, done = threading.Event(), Counter[str]()
    end = threading.Timer(seconds, stop.set)
    end.daemon = True
    end.start()
    for number in OWN:
        subprocess.run(["ip", "address", "add", f"{number}/24", "dev", "host0"], check=True)
    try:
        everything = list(deeds(edge, access))
        together(iter(everything), stop, done)
        places = [(edge, SMTP)] * HELD + [
            (access, port) for port in (SUBMISSION, IMAPS, SIEVE)
        ] * 20
        held = [
            socket.create_connection(to, TIMEOUT, (OWN[n % 10], 0)) for n, to in enumerate(places)
        ]
        say("once")
        threading.Thread(target=stop_with_input, args=(stop,), daemon=True).start()
        together(itertools.cycle(everything), stop, done)
        say(json.dumps(done | Counter(held=len(held))))
    finally:
        for number in OWN:
            subprocess.run(["ip", "address", "del", f"{number}/24", "dev", "host0"], check=False)


if __name__ == "__main__":
    main()
