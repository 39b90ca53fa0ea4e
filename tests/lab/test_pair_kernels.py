"""Stores in pairs: what is rendered for one runs on two kernels, one of which is killed."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

import pytest
from pair_hosts import BASE, CALLED, PairHosts, UmlHost, image, python_inside

from hopthu.daemons.dovecot import MAIL, tidying
from hopthu.daemons.pairs import MOUNT, Pair, files, pair_of
from hopthu.daemons.program import program
from hopthu.desired.state import desired
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.topology import Centre, Host
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.remote.host.pairs import UNIT
from hopthu.render.context import Context
from hopthu.tool.resources import resource

pytestmark = [pytest.mark.lab, pytest.mark.slow]
STORE = "kho-1"
"""With a hyphen, which some names of units would not take."""
DOVECOT = """\
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols = lmtp imap
mail_fsync = always
ssl = no
auth_mechanisms = plain
auth_username_format = %{user}
mail_driver = maildir
mail_home = /var/vmail/people/%{user}
mail_path = ~/Maildir
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
log_path = /var/log/dovecot.log
passdb static {
  password = x
}
userdb static {
  allow_all_users = yes
}
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
protocol lmtp {
  mail_plugins {
    sieve = yes
  }
}
sieve_script last_letters {
  type = before
  path = /run/hopthu-last-letters/%{user}.sieve
}
namespace inbox {
  inbox = yes
  separator = /
}
namespace unit {
  type = public
  separator = /
  prefix = units/
  list = children
  mail_path = /var/vmail/units/x/Maildir
  mail_index_path = /var/vmail/units/x/readers
  mail_index_private_path = %{home}/units/x
}
"""
SENDER = r"""
import smtplib, sys, time, socket, json
host, name, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = None
for number in range(most):
    key = f"{name}-{number}"
    try:
        connection = connection or smtplib.LMTP(host, 24, timeout=30)
        head = f"From: <a@example.org>\r\nMessage-ID: <{key}@example.org>\r\nSubject: {key}"
        text = f"{head}\r\n\r\n{'x' * 3000}\r\n"
        connection.sendmail("a@example.org", [f"u{number % 5}"], text)
    except (OSError, smtplib.SMTPException) as error:
        print(json.dumps(["failed", key, repr(error)]), flush=True)
        break
    print(json.dumps(["accepted", key, time.time()]), flush=True)
"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PairHosts]:
    with PairHosts(tmp_path_factory.mktemp("pair"), image(BASE)) as found:
        _install(found)
        yield found


def _centre(found: PairHosts) -> Centre:
    ours = tuple(
        Host(each.name, "s1.gov.vn", each.address, frozenset({"store"}), (STORE,))
        for each in (found.a, found.b)
    )
    return Centre("pair", ours).serving({STORE: found.a.name})


def _pair(found: PairHosts) -> Pair:
    centre = _centre(found)
    pair = pair_of(centre, centre.hosts[0])
    assert pair
    return pair


def _texts(found: PairHosts) -> dict[str, str]:
    """Return what is put on both, by path."""
    centre = _centre(found)
    state = desired(Organisation({}, {}), Policy(), date(2026, 11, 30))
    folders = (resource("templates"),)
    context = Context(centre.hosts[0], centre, state, Policy(), {}, folders)
    main = (Path(__file__).parents[2] / "hopthu/remote/host/main.py").read_text()
    return {
        **{
            path: file.content.decode()
            for path, file in {
                **files(context), **tidying(context), **program(CALLED, "pairs"),
            }.items()
        },
        f"{CALLED}/hopthu/remote/host/main.py": main,
        "/etc/dovecot/dovecot.conf": DOVECOT,
        "/etc/udev/rules.d/90-uml.rules":
            f'KERNEL=="ubdb", SYMLINK+="disk/by-partlabel/{STORE}"\n',
    }  # fmt: skip


def _rendered(found: PairHosts, host: UmlHost) -> None:
    host.put(_texts(found))
    host.run("sync; systemctl daemon-reload")


def _install(found: PairHosts) -> None:
    """Put what is rendered on both, have them keep the store, and serve it from the first."""
    pair, texts = _pair(found), _texts(found)

    def prepare(host: UmlHost) -> None:
        host.put(texts)
        host.run("udevadm control --reload; udevadm trigger --settle; systemctl enable dovecot")
        _called(host, "prepare", STORE, pair.disk, MAIL)

    on_all_hosts((found.a, found.b), prepare)
    _called(found.a, "take_over", STORE)
    found.a.run(f"mkdir -p {MAIL}/people; chown -R mail:mail {MAIL}")
    _dovecot_runs(found.a)
    _until(found.a, "UpToDate/UpToDate")
    for host in (found.a, found.b):
        host.run("sync")


def _called(host: UmlHost, function: str, *arguments: str) -> str:
    done = host.call(function, *arguments)
    assert done.returncode == 0, f"{function}: {done.stdout}{done.stderr}"
    return done.stdout


def _take_over(host: UmlHost) -> None:
    """Serve from a host as an apply does; nothing that is Dovecot's is there before the mail."""
    host.run("systemctl start dovecot")
    assert host.try_run("systemctl is-active dovecot").stdout.strip() == "inactive"
    _called(host, "take_over", STORE)
    _dovecot_runs(host)


def _dovecot_runs(host: UmlHost) -> None:
    host.run("timeout 60 sh -c 'until systemctl is-active -q dovecot; do sleep 0.2; done'")


def _sides(hosts: PairHosts) -> tuple[UmlHost, UmlHost]:
    """Return the host that serves, and the other."""
    primary = hosts.a.run(f"drbdadm role {STORE}").startswith("Primary")
    return (hosts.a, hosts.b) if primary else (hosts.b, hosts.a)


def _tidied(host: UmlHost) -> bool:
    """Return whether Dovecot's last start was one after a crash."""
    asked = "systemctl show -P InvocationID dovecot"
    return "letters noted" in host.run(f"journalctl -o cat _SYSTEMD_INVOCATION_ID=$({asked})")


def _until(host: UmlHost, wanted: str, seconds: float = 60) -> None:
    asked = "; ".join(f"drbdadm {what} {STORE}" for what in ("cstate", "role", "dstate"))
    loop = f"until ({asked}) | grep -q {wanted}; do sleep 0.2; done"
    done = host.try_run(f"timeout {seconds:.0f} sh -c {shlex.quote(loop)} || ({asked}; exit 1)")
    assert done.returncode == 0, done.stdout


def _accepted(lines: list[str]) -> list[str]:
    return [each[1] for each in map(json.loads, lines) if each[0] == "accepted"]


def _held(host: UmlHost, folder: str) -> set[str]:
    found = host.run(f"grep -rhoE '^Message-ID: <[^@]+' {folder}/people || true")
    return {line.partition("<")[2] for line in found.splitlines()}


UNIT_MAILBOX = f"""
set -e
mkdir -p {MAIL}/units/x
chown -R mail:mail {MAIL}/units
doveadm mailbox create -u u0 units/box
printf 'Subject: x\\n\\nhello\\n' | doveadm save -u u0 -m units/box
sync
"""
SECONDS = 12.0
"""How long deliveries are counted."""
LEAST = 0.5
"""Of the deliveries of a disk alone, what a pair has to reach."""


def _rate(host: UmlHost, name: str) -> float:
    """Return how many messages a second the store takes from six senders at once."""
    began = time.monotonic()
    senders = [
        python_inside(host.pair, SENDER, host.address, f"{name}-{n}", "100000") for n in range(6)
    ]
    time.sleep(SECONDS)
    for sender in senders:
        sender.terminate()
    took = time.monotonic() - began
    lines = [line for each in senders for line in each.communicate()[0].splitlines()]
    return len(_accepted(lines)) / took


@pytest.mark.drill
def test_what_a_pair_costs(hosts: PairHosts) -> None:
    """Deliveries to the pair beside those to the same disk alone, in turn, in the same minutes."""
    a, _ = _sides(hosts)
    _rate(a, "warm")
    pairs, alone = [], []
    for turn in range(3):
        pairs.append(_rate(a, f"pair{turn}"))
        a.run(f"drbdadm disconnect {STORE}")
        alone.append(_rate(a, f"alone{turn}"))
        a.run(f"drbdadm connect {STORE}")
        _until(a, "UpToDate/UpToDate", 120)
    ratio = median(pairs) / median(alone)
    rounded = [[round(each, 1) for each in rates] for rates in (pairs, alone)]
    sys.stdout.write(f"deliveries/s: pair {rounded[0]}, alone {rounded[1]}, ratio {ratio:.2f}\n")
    assert ratio > LEAST


@pytest.mark.drill
def test_it_serves_again_after_a_crash(hosts: PairHosts) -> None:
    """Without anybody: its partner is there and does not serve, so the kernel allows it.

    A mark is kept once it is confirmed, though nothing else was written: also what a reader of a
    unit's mailbox has seen, which is in an index alone.
    """
    a, _ = _sides(hosts)
    sender = python_inside(hosts, SENDER, a.address, "marked", "1")
    assert ["marked-0"] == _accepted(sender.communicate()[0].splitlines())
    a.run(UNIT_MAILBOX)
    a.run("doveadm flags add -u u0 '\\Seen' mailbox units/box all")
    a.run("doveadm flags add -u u0 '\\Flagged' mailbox INBOX all")
    a.kill()
    a.start()
    a.wait()
    _until(a, "Primary/Secondary", 120)
    _dovecot_runs(a)
    a.run(f"mountpoint -q {MAIL}")
    assert "\\Flagged" in a.run("doveadm fetch -u u0 flags mailbox INBOX all")
    assert "\\Seen" in a.run("doveadm fetch -u u0 flags mailbox units/box all")
    _until(a, "UpToDate/UpToDate", 120)


def _handed_in(hosts: PairHosts, host: UmlHost, person: str, queue_id: str) -> None:
    """Hand in a letter as Postfix does."""
    program = f"""
import smtplib
by = "by edge1.gov.vn (Postfix) with ESMTPS id {queue_id}; Tue, 1 Dec 2026 20:00:00 +0000"
text = f"Received: {{by}}\\r\\nMessage-ID: <again@example.org>\\r\\n\\r\\nx\\r\\n"
smtplib.LMTP("{host.address}", 24, timeout=30).sendmail("a@example.org", ["{person}"], text)
"""
    sender = python_inside(hosts, program)
    assert sender.wait(60) == 0


def _copies(host: UmlHost, person: str) -> int:
    top = f"{MAIL}/people/{person}/Maildir"
    return int(host.run(f"grep -rl again@example.org {top}/new {top}/cur | wc -l"))


def test_killed_under_mail_nothing_accepted_is_lost(hosts: PairHosts) -> None:
    """The standby serves by a decision, and not without one; the old one comes back as a copy."""
    a, b = _sides(hosts)
    _handed_in(hosts, a, "u1", "4aUNHEARD")
    senders = [python_inside(hosts, SENDER, a.address, f"k{n}", "500") for n in range(3)]
    heard: list[list[str]] = [[] for _ in senders]
    for sender, lines in zip(senders, heard, strict=True):
        while len(lines) < 12:
            assert sender.stdout
            lines.append(sender.stdout.readline())
    a.kill()
    began = time.monotonic()
    refused = b.try_run(f"drbdadm primary {STORE}")
    assert refused.returncode != 0
    assert "(-7)" in refused.stderr
    _take_over(b)
    assert _tidied(b)
    took = time.monotonic() - began
    for sender, lines in zip(senders, heard, strict=True):
        lines.extend((sender.communicate()[0] or "").splitlines())
    accepted = {key for lines in heard for key in _accepted(lines)}
    # What was stored and may not have been heard of is handed in again, and is there once.
    again = [("u1", "4aUNHEARD"), ("u1", "4aANOTHER"), ("u2", "4aUNHEARD")]
    for person, queue_id in again:
        _handed_in(hosts, b, person, queue_id)
    assert [2, 1] == [_copies(b, person) for person in ("u1", "u2")]
    held = _held(b, MAIL)
    assert took < 60
    assert len(accepted) >= 36
    assert not accepted - held
    # What was still being written is in `tmp`, and was confirmed to nobody.
    found = f"find {MAIL}/people -path '*/Maildir/*' -not -path '*/tmp/*' -name '[0-9]*'"
    empty = b.run(f"{found} -size 0")
    assert "" == empty
    a.start()
    a.wait()
    _until(b, "UpToDate/UpToDate", 120)
    refused = a.try_run(f"drbdadm primary {STORE}")
    assert refused.returncode != 0
    assert "(-1)" in refused.stderr
    assert "inactive" == a.try_run(f"systemctl is-active {MOUNT}").stdout.strip()
    # The other host refuses it as long as it has not done all that ends its resync.
    b.run(f"timeout 60 sh -c 'until drbdadm verify {STORE}; do sleep 1; done'")
    _until(b, "Connected", 120)
    assert "oos:0" in b.run("cat /proc/drbd")


def test_a_split_in_which_both_wrote_keeps_both(hosts: PairHosts) -> None:
    """One of them by a decision; without it an isolated copy is refused, rebooted or not.

    The one that gives way writes its copy aside before.
    """
    b, a = _sides(hosts)
    a.isolate(on=True)
    b.isolate(on=True)
    try:
        refused = a.try_run(f"drbdadm primary {STORE}")
        assert refused.returncode != 0
        assert "(-7)" in refused.stderr
        a.kill()
        a.start()
        a.wait()
        refused = a.try_run(f"drbdadm primary {STORE}")
        assert refused.returncode != 0
        assert "(-2)" in refused.stderr, "it cannot know any more whether its copy is the last one"
        _take_over(a)
        for host, name in ((a, "split-a"), (b, "split-b")):
            sender = python_inside(hosts, SENDER, host.address, name, "3")
            assert 3 == len(_accepted((sender.communicate()[0]).splitlines()))
    finally:
        a.isolate(on=False)
        b.isolate(on=False)
    _until(a, "StandAlone", 60)
    left = a.call("leave", STORE, MOUNT)
    assert left.returncode != 0
    assert "not up to date" in left.stderr
    _called(a, "give_up", STORE, MOUNT, "/root/aside")
    _called(b, "rejoin", STORE)
    _until(b, "UpToDate/UpToDate", 120)
    assert {"split-b-0", "split-b-1", "split-b-2"} <= _held(b, MAIL)
    a.run("mkdir -p /mnt/aside && mount -t ext4 -o loop /root/aside /mnt/aside")
    assert {"split-a-0", "split-a-1", "split-a-2"} <= _held(a, "/mnt/aside")


@pytest.mark.drill
def test_a_planned_switch_waits_for_the_copy(hosts: PairHosts) -> None:
    """While it is behind it is refused; after it both know the same."""
    b, a = _sides(hosts)
    a.kill()
    refused = b.call("leave", STORE, MOUNT)
    assert refused.returncode != 0
    assert "not up to date" in refused.stderr
    a.start()
    a.wait()
    _until(b, "UpToDate/UpToDate", 120)
    before = _held(b, MAIL)
    assert json.loads(_called(b, "found", STORE, MAIL))["serves"]
    _called(b, "leave", STORE, MOUNT)
    assert "inactive" == b.try_run("systemctl is-active dovecot").stdout.strip()
    assert "" == b.run(f"ls {MAIL}")
    _take_over(a)
    assert before == _held(a, MAIL)
    a.run("systemctl start hopthu-pair-same")
    found = json.loads(_called(a, "found", STORE, MAIL))
    assert found["same"]
    assert abs(found["last"] - time.time()) < 60


def test_both_start_again_at_once(hosts: PairHosts) -> None:
    """After a loss of power: whichever is first, the host that served serves again."""
    a, b = _sides(hosts)
    before = _held(a, MAIL)
    for host in (a, b):
        host.kill()
    for host in (b, a):
        host.start()
    for host in (a, b):
        host.wait()
    _until(a, "Primary/Secondary", 120)
    _dovecot_runs(a)
    assert before == _held(a, MAIL)
    _until(a, "UpToDate/UpToDate", 120)


def test_a_host_that_is_switched_off_gives_its_mail_up_in_order(hosts: PairHosts) -> None:
    """Dovecot, the mount, the copy: so the other one knows at once, and nothing is sent again."""
    a, b = _sides(hosts)
    a.try_run("systemctl poweroff")
    assert a.process
    a.process.wait(300)
    assert "ro:Secondary/Unknown ds:UpToDate" in b.run("cat /proc/drbd")
    assert "ordering cycle" not in (hosts.folder / f"{a.name}.console").read_text(errors="replace")
    a.start()
    a.wait()
    _until(a, "Primary/Secondary", 120)
    _dovecot_runs(a)
    assert not _tidied(a)


# Stops together with the mail, just before that is unmounted.
CUT = f"""\
[Unit]
After={MOUNT}
PartOf={MOUNT}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/true
ExecStop=/usr/sbin/drbdadm disconnect {STORE}
"""


def test_a_store_is_not_left_if_the_connection_breaks_meanwhile(hosts: PairHosts) -> None:
    """What was written since would be on the old host alone: it goes on."""
    a, _ = _sides(hosts)
    a.put({"/etc/systemd/system/cut.service": CUT})
    a.run("systemctl daemon-reload; systemctl start cut")
    left = a.call("leave", STORE, MOUNT)
    assert left.returncode != 0
    assert "not up to date" in left.stderr
    _dovecot_runs(a)
    a.run(f"mountpoint -q {MAIL}")
    a.run(f"systemctl is-enabled {UNIT}; rm /etc/systemd/system/cut.service")
    a.run(f"systemctl daemon-reload; drbdadm connect {STORE}")
    _until(a, "UpToDate/UpToDate", 120)


def test_nobody_writes_where_the_mail_is_not(hosts: PairHosts) -> None:
    """Whatever is started by hand or taken away; not even root by mistake."""
    _, b = _sides(hosts)
    assert b.try_run(f"mkdir {MAIL}/people").returncode != 0
    b.run("rm -r /etc/systemd/system/dovecot.service.d; systemctl daemon-reload")
    b.run("systemctl start dovecot")
    assert b.try_run("echo | doveadm save -u u0").returncode != 0
    b.run("systemctl stop dovecot")
    assert "" == b.run(f"ls {MAIL}")
    _rendered(hosts, b)


def test_a_new_disk_takes_everything(hosts: PairHosts) -> None:
    """In the host that stands by, which has been made anew by nobody."""
    a, b = _sides(hosts)
    before = _held(a, MAIL)
    b.kill()
    (hosts.folder / f"{b.name}.data").unlink()
    b.start()
    b.wait()
    found = json.loads(_called(b, "found", STORE, MAIL))
    assert not found["kept"]
    _called(b, "prepare", STORE, _pair(hosts).disk, MAIL)
    _until(a, "UpToDate/UpToDate", 120)
    _called(a, "leave", STORE, MOUNT)
    _take_over(b)
    assert not _tidied(b)
    assert before == _held(b, MAIL)


def test_a_new_disk_never_covers_the_mail_of_the_other(hosts: PairHosts) -> None:
    """Not even if the data names its host by mistake: it serves what the other one has."""
    b, a = _sides(hosts)
    before = _held(b, MAIL)
    _called(b, "leave", STORE, MOUNT)
    a.kill()
    (hosts.folder / f"{a.name}.data").unlink()
    a.start()
    a.wait()
    _called(a, "prepare", STORE, _pair(hosts).disk, MAIL)
    _take_over(a)
    assert before == _held(a, MAIL)
    _until(a, "UpToDate/UpToDate", 120)
