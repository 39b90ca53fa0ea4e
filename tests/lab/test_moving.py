"""Mailboxes go to another store while mail comes and people work in them: nothing is lost."""

import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from labs import CHECKOUT, Lab, churn, copied, forget_journals, git, queues_are_empty

from hopthu.cli.clock import today
from hopthu.desired.state import Mailbox, desired
from hopthu.validate import read

OUTAGE = 100.0
"""Seconds in which somebody may be without their mailbox, killed operators included: the directory
lets go of a mailbox after 75 by itself."""
KEPT = "Hồ sơ/2025"


def mailboxes(root: Path) -> list[Mailbox]:
    """Return the live mailboxes of wards: those that the tests move."""
    on = today()
    loaded = read(root, on)
    units = loaded.organisation.units
    live = desired(loaded.organisation, loaded.policy, on).live()
    return [m for m in live if units[m.unit].kind == "ward"]


def send_wards_to(root: Path, store: str) -> None:
    """Have the data say that wards and their people live on another store."""
    policy = root / "data" / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(re.sub(r"ward: store\d", f"ward: {store}", text), encoding="utf-8")
    git(root, "commit", "--quiet", "--all", "--allow-empty", "--message", f"Wards to {store}")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Code and data that send wards from one store to the other."""
    return copied(tmp_path_factory.mktemp("moving") / "checkout")


def begin(lab: Lab, root: Path) -> subprocess.Popen[str]:
    """Start an apply in the background."""
    environment = {**os.environ, "HOPTHU_LAB": str(lab.folder), "PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-m", "hopthu", "apply", "lab", "--yes"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def held(lab: Lab, host: str, mailbox: str) -> list[dict[str, str]]:
    """Return the messages of a mailbox as the store `host` has them; `*` is no unit's."""
    fields = "mailbox guid uid flags hdr.message-id date.received size.physical"
    asked = f"doveadm -f json fetch -u {mailbox} '{fields}' mailbox '*'"
    return list(json.loads(lab.ssh(host, asked)))


def fill(lab: Lab, host: str, mailbox: str) -> None:
    """Give a mailbox what a mailbox has: folders, marks, a filter, a copy that is a link."""
    lab.ssh(
        host,
        f"""set -e
        doveadm mailbox create -u {mailbox} -s '{KEPT}' 2>/dev/null || :
        for n in $(seq 40); do
            printf 'From: a@example.org\\nMessage-ID: <%s@filled>\\n\\n%s\\n' $n $n |
                doveadm save -u {mailbox} -m INBOX
        done
        doveadm copy -u {mailbox} '{KEPT}' mailbox INBOX 1:20
        doveadm flags add -u {mailbox} '\\Seen quan-trong' mailbox '{KEPT}' 1:7
        doveadm expunge -u {mailbox} mailbox INBOX 3:5
        printf 'keep;' | doveadm sieve put -u {mailbox} -a loc""",
    )


def everything(lab: Lab, host: str, mailbox: str) -> dict[str, object]:
    """Return all that must be the same after a move, numbers and marks included."""
    status = "doveadm mailbox status -u {} 'uidvalidity uidnext highestmodseq guid' '*'"
    return {
        "messages": held(lab, host, mailbox),
        "folders": sorted(lab.ssh(host, status.format(mailbox)).splitlines()),
        "subscriptions": lab.ssh(host, f"doveadm mailbox list -s -u {mailbox}"),
        "filters": lab.ssh(host, f"doveadm sieve list -u {mailbox}"),
        "links": lab.ssh(host, f"find /var/vmail/people/{mailbox} -type f -links +1 | wc -l"),
    }


def nothing_is_lost(lab: Lab, host: str, done: dict[str, object], holders: dict[str, str]) -> None:
    """Every message that was confirmed is there, once, where and as it was put."""
    people, sent = done["people"], done["sent"]
    assert isinstance(people, dict)
    assert isinstance(sent, dict)
    for person, work in people.items():
        assert work["longest_outage"] <= OUTAGE, (person, work["said"])
        assert [] == work["lost"], person
        # Else their mail programs would ask for another password.
        assert not [said for said in work["said"] if "AUTHENTICATIONFAILED" in said], person
        assert len(work["held"]) > 5, (person, work["said"])
        found = held(lab, host, person)
        assert not {m["hdr.message-id"] for m in found} & work["gone"].keys(), person
        for name, wanted in work["held"].items():
            copies = [m for m in found if m["hdr.message-id"] == name]
            assert 1 == len(copies), (person, name, copies)
            assert wanted["folder"] in ("", copies[0]["mailbox"]), (person, name)
            if wanted["flags"] is not None:
                flags = set(copies[0]["flags"].split()) - {"\\Seen", "\\Recent"}
                assert set(wanted["flags"]) == flags, (person, name)
    assert sum(map(len, sent.values())) > 20, sent
    for address, names in sent.items():
        ids = [m["hdr.message-id"] for m in held(lab, host, holders[address])]
        assert {} == {n: ids.count(n) for n in names if ids.count(n) != 1}, address


SIGN_IN = """
import socket, ssl, sys
tls = "/etc/hopthu/tls/"
context = ssl.create_default_context(cafile=tls + "ca.pem")
context.check_hostname = False
context.load_cert_chain(tls + "host.pem", tls + "host.key")
with context.wrap_socket(socket.create_connection((sys.argv[1], 993), timeout=30)) as server:
    # As access hosts do, from where people's own passwords sign in.
    server.sendall(b'x ID ("x-originating-ip" "10.88.0.102" "x-originating-port" "40000")\\r\\n')
    server.sendall(b'a LOGIN "%s" "%s"\\r\\n' % tuple(word.encode() for word in sys.argv[2:]))
    said = b""
    while b"\\na " not in said and (more := server.recv(4096)):
        said += more
print(said.decode())
"""


def test_store_puts_off_who_lives_elsewhere(centre: Lab) -> None:
    """It neither lets them into an empty mailbox nor says that their password is wrong.

    It hangs up, which an access host tells mail programs as [UNAVAILABLE].
    """
    one = next(m for m in mailboxes(CHECKOUT) if m.kind == "personal" and m.state == "active")
    address, password = f"{one.addresses[0]}@thanhhoa.gov.vn", centre.passwords[one.id]
    stores = {"store1": "10.88.0.31", "store2": "10.88.0.32"}

    def said(store: str, password: str) -> str:
        words = ["python3", "-c", SIGN_IN, stores[store], address, password]
        return centre.ssh("access1", shlex.join(words))

    assert "\na OK " in said("store2", password)
    assert "\na " not in said("store1", password)
    assert "\na NO [AUTHENTICATIONFAILED]" in said("store1", f"{password}x")


def test_limited_apply_moves_nothing_and_loses_nothing(centre: Lab, checkout: Path) -> None:
    """The tables may be ahead of a move: the store that gets the mail passes it on."""
    send_wards_to(checkout, "store1")
    done = centre.hopthu(
        "apply", "lab", "--yes", *("--limit", "dir1", "--limit", "edge1"), root=checkout
    )
    assert "mailboxes waiting to be moved: " in done.stderr
    one = next(m for m in mailboxes(checkout) if m.kind == "personal" and m.state == "active")
    table, address = "/etc/postfix/hopthu/transport", f"{one.addresses[0]}@thanhhoa.gov.vn"
    assert "10.88.0.31" in centre.ssh("edge1", f"postmap -q {address} lmdb:{table}")
    with churn(centre, [one.id], [address]) as found:
        time.sleep(5)
    queues_are_empty(centre)
    sent = found["sent"]
    assert isinstance(sent, dict)
    (names,) = sent.values()
    ids = [m["hdr.message-id"] for m in held(centre, "store2", one.id)]
    assert names
    assert {} == {n: ids.count(n) for n in names if ids.count(n) != 1}
    assert "gone" == centre.ssh("store1", f"[ -e /var/vmail/people/{one.id} ] || echo gone").strip()


def kill_while_moving(lab: Lab, root: Path, chance: random.Random) -> bool:
    """Start an apply and kill it at some moment of its moves; tell whether it came that far."""
    apply = begin(lab, root)
    while apply.poll() is None:
        if "active" == lab.ssh("store1", "systemctl is-active 'hopthu-moves@*' || true").strip():
            time.sleep(chance.uniform(0, 4))
            apply.send_signal(signal.SIGKILL)
    said = apply.communicate()[0]
    return "mailboxes moved here: " not in said


def move_with_kills(lab: Lab, root: Path, kills: int, seed: int) -> None:
    """Move wards from one store to the other, killed again and again, while people work there."""
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)  # noqa: S311  (the same kills for the same seed)
    here = mailboxes(root)
    people = [m for m in here if m.kind == "personal" and m.state == "active"]
    quiet, busy = people[0], people[1:5]
    holders = {f"{m.addresses[0]}@thanhhoa.gov.vn": m.id for m in here if m not in people[:5]}
    fill(lab, "store2", quiet.id)
    before = everything(lab, "store2", quiet.id)
    send_wards_to(root, "store1")
    with churn(lab, [m.id for m in busy], list(holders)) as done:
        for _ in range(kills):
            if not kill_while_moving(lab, root, chance):
                break
        lab.hopthu("apply", "lab", "--yes", root=root)
    queues_are_empty(lab)
    assert before == everything(lab, "store1", quiet.id)
    nothing_is_lost(lab, "store1", done, holders)


def clear(lab: Lab, root: Path) -> None:
    """Nothing is left of moves anywhere, and nothing is left to do."""
    done = lab.hopthu("apply", "lab", "--yes", root=root)
    assert re.search(r"^0 of \d+ steps changed", done.stdout, re.MULTILINE), done.stdout
    for store in ("store1", "store2"):
        left = "ls /var/vmail/*ing/*/ /var/lib/hopthu/arrived/*/ 2>/dev/null | grep -v : || true"
        assert "" == lab.ssh(store, left).strip()
    lab.hopthu("drift", "lab", root=root)


def test_moved_while_killed_and_at_work(centre: Lab, checkout: Path) -> None:
    """Show 7 and 11, for moves: two kills at random moments, then the rest in one go."""
    move_with_kills(centre, checkout, kills=2, seed=int(os.environ.get("HOPTHU_SEED", "11")))
    clear(centre, checkout)
    # Whoever came to a mailbox that was held was put off, which journals tell; it must be over now.
    forget_journals(centre)
    probes = centre.probes("inbound-store1", "internal", "registered", "clean-journal")
    assert {} == {k: p["detail"] for k, p in probes.items() if not p["passed"]}


# Stands in the place of what listens on a store for the time of a move. The first time it takes a
# while to listen, as on a busy machine, and dies with the first connection; then it is only slow.
FLAKY = """
sleep 3
[ "$(wc -l </run/flaky)" = 1 ] || exec stunnel4 /etc/hopthu/moves/from-store?.conf
stunnel4 /etc/hopthu/moves/from-store?.conf &
until grep -q ":036A [0-9A-F:]* 01 " /proc/net/tcp; do sleep 0.01; done
kill -KILL $!
"""
DEAF = "sleep infinity"


@contextmanager
def listening_badly(lab: Lab, store: str, script: str) -> Iterator[None]:
    """Have a script listen for mailboxes on a store, or not, for the time of a `with` block."""
    folder = "/run/systemd/system/hopthu-moves@.service.d"
    unit = (
        "[Service]\nExecStartPre=+/bin/sh -c 'echo >>/run/flaky'\n"
        "ExecStart=\nExecStart=/bin/bash /run/listen\n"
    )
    words = (shlex.quote(word) for word in (script, unit))
    write = "mkdir -p {0}; printf %s {1} >/run/listen; printf %s {2} >{0}/test.conf"
    lab.ssh(store, write.format(folder, *words) + "; rm -f /run/flaky; systemctl daemon-reload")
    try:
        yield
    finally:
        lab.ssh(store, f"rm -r {folder} /run/listen; systemctl daemon-reload")


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a program said, on one line."""
    return " ".join((done.stdout + done.stderr).split())


def direction(lab: Lab, mailbox: str) -> tuple[str, str]:
    """Return on which store a mailbox is, and on which it is not."""
    here = lab.ssh("store1", f"[ ! -d /var/vmail/people/{mailbox}/Maildir/cur ] || echo here")
    return ("store1", "store2") if here else ("store2", "store1")


def test_move_without_a_connection_gives_up(centre: Lab, checkout: Path) -> None:
    """Exit 4 after half a minute of trying, with the reason; the mailbox is where and as it was."""
    one = next(m for m in mailboxes(checkout) if m.kind == "personal" and m.state == "active")
    source, target = direction(centre, one.id)
    fill(centre, source, one.id)
    before = everything(centre, source, one.id)
    send_wards_to(checkout, target)
    with listening_badly(centre, target, DEAF):
        began = time.monotonic()
        done = centre.hopthu("apply", "lab", "--yes", expect=4, root=checkout)
    assert time.monotonic() - began < 180, "no end of trying"
    assert "Connection refused" in done.stderr
    assert f"cannot connect from {source} to {target}; trying again in 15 s" in said(done)
    assert before == everything(centre, source, one.id)


def test_move_goes_on_after_its_connection_was_cut(centre: Lab, checkout: Path) -> None:
    """What listens comes late, dies in the middle of a copy and comes late again: one run."""
    one = next(m for m in mailboxes(checkout) if m.kind == "personal" and m.state == "active")
    source, target = direction(centre, one.id)
    fill(centre, source, one.id)
    before = everything(centre, source, one.id)
    send_wards_to(checkout, target)
    with listening_badly(centre, target, FLAKY):
        done = centre.hopthu("apply", "lab", "--yes", root=checkout)
    assert f"cannot connect from {source} to {target}; trying again in 1 s" in said(done)
    assert before == everything(centre, target, one.id)
    clear(centre, checkout)
    forget_journals(centre)


@pytest.mark.drill
def test_moved_while_killed_many_times(centre: Lab, checkout: Path) -> None:
    """Twenty kills, others each time."""
    send_wards_to(checkout, "store2")
    centre.hopthu("apply", "lab", "--yes", root=checkout)
    seed = int(os.environ.get("HOPTHU_SEED", str(time.time_ns() % 10**6)))
    move_with_kills(centre, checkout, kills=20, seed=seed)
    clear(centre, checkout)
