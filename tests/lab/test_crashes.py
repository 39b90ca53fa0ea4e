"""Daemons whose main process is killed serve again by themselves, and nothing accepted is lost."""

import imaplib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from labs import Lab, forget_journals, in_network_of, queues_are_empty, traffic

from hopthu.daemons import backup
from hopthu.daemons.base import QUOTA
from hopthu.daemons.postfix import QUOTA_SOCKET
from hopthu.daemons.registry import daemons
from hopthu.daemons.valkey import SOCKET
from hopthu.inventory.topology import Host

ROLES = {
    "edge1": "edge",
    "access1": "access",
    "store1": "store",
    "store2": "store",
    "dir1": "directory",
}
UNITS = {
    role: [
        service.unit
        for daemon in daemons()
        if role in daemon.roles
        for service in daemon.services
        if service.on(Host(role, role, "", frozenset({role})))
        # There is no mirror in the lab, and in this layout no host that keeps copies.
        if service.unit not in ("clamav-freshclam", backup.ACCOUNT)
    ]
    for role in set(ROLES.values())
}
KILLS = [(host, unit) for host, role in ROLES.items() for unit in UNITS[role]]

ASKS_QUOTA = (
    "import socket; asks = socket.socket(socket.AF_UNIX); asks.settimeout(2); "
    f'asks.connect("{QUOTA_SOCKET}"); asks.sendall(b"recipient=a\\n\\n"); '
    'assert asks.recv(99) == b"action=DUNNO\\n\\n"'
)
# Whether a daemon answers, and not only runs.
ANSWERS = {
    "slapd": "timeout 2 ldapwhoami -Q -Y EXTERNAL -H ldapi:///",
    "dovecot": "timeout 2 bash -c 'read -r line </dev/tcp/127.0.0.1/4190 &&"
    """ [[ $line == \\"IMPL* ]]'""",
    # One of these, as the host is for access, edge or a store.
    "postfix": "timeout 2 bash -c 'for port in 587 25 10025; do"
    " read -r line </dev/tcp/127.0.0.1/$port && break; done; [[ $line == 220* ]]'",
    "rspamd": "timeout 2 bash -c '</dev/tcp/127.0.0.1/11332'",
    "clamav-daemon": "timeout 2 clamdscan --ping 1:1",
    "valkey-server": f"[ $(timeout 2 valkey-cli -s {SOCKET} ping) = PONG ]",
    "hopthu-quota": f"python3 -c '{ASKS_QUOTA}'",
    "hopthu-quota-store": f"ss -Hltn sport = :{QUOTA} | grep -q .",
}
SECONDS = dict.fromkeys(ANSWERS, 5.0) | {"clamav-daemon": 60.0, "rspamd": 60.0}
"""Within how many it does; the scanners load their rules and signatures first."""

KILL = """
pid() {{ systemctl show --property=MainPID --value {unit}; }}
now() {{ cut -d ' ' -f 1 /proc/uptime; }}
answers() {{ [ "$(pid)" != "$old" ] && [ "$(pid)" != 0 ] && {answers}; }} >/dev/null 2>&1
old=$(pid) began=$(now)
kill -9 "$old"
for _ in $(seq 600); do
    ! answers || {{ echo "$began $(now)"; exit; }}
    sleep 0.1
done
systemctl status --no-pager {unit} || true
"""

# Files without which they do not start.
SETTINGS = {
    "slapd": "/etc/ldap/slapd.conf",
    "dovecot": "/etc/dovecot/dovecot.conf",
    "postfix": "/etc/postfix/master.cf",
    "rspamd": "/etc/rspamd/rspamd.conf",
    "clamav-daemon": "/etc/clamav/clamd.conf",
    "valkey-server": "/etc/valkey/valkey.conf",
}
HINDER = """
restarts() {{ systemctl show --property=NRestarts --value {unit}; }}
mv {file} {file}.away
trap 'mv {file}.away {file}' EXIT
begin=$(restarts)
systemctl kill --kill-whom=main --signal=KILL {unit}
for _ in $(seq 600); do
    [ $(($(restarts) - begin)) -lt 6 ] || exit 0
    sleep 0.1
done
systemctl status --no-pager {unit} >&2
exit 1
"""


@pytest.fixture
def mended(centre: Lab) -> Iterator[Lab]:
    """Start again what a test has left dead, and forget what it did to journals."""
    yield centre
    for host, unit in KILLS:
        sockets = "clamav-daemon.socket" if unit == "clamav-daemon" else ""
        centre.ssh(
            host, f"systemctl reset-failed {unit} {sockets}; systemctl start {sockets} {unit}"
        )
    forget_journals(centre)


@pytest.mark.alone
def test_every_killed_daemon_serves_again(mended: Lab) -> None:
    """By itself; what holds connections open does not keep it from its ports."""

    def kill(host: str) -> dict[tuple[str, str], str]:
        found = {}
        for unit in UNITS[ROLES[host]]:
            found[host, unit] = mended.ssh(host, KILL.format(unit=unit, answers=ANSWERS[unit]))
        return found

    with ExitStack() as held:
        with in_network_of(mended) as (known, context):
            for host, port in (("edge1", 25), ("access1", 587), ("access1", 4190)):
                there = (known.host(host).address, port)
                held.enter_context(socket.create_connection(there))
            address = known.host("access1").address
            for user in ("baylv@thanhhoa.gov.vn", "paoga@thanhhoa.gov.vn"):
                imap = imaplib.IMAP4_SSL(address, 993, ssl_context=context)
                held.callback(imap.shutdown)
                person = {"baylv": "le-van-bay", "paoga": "giang-a-pao"}[user.partition("@")[0]]
                imap.login(user, mended.passwords[person])
        # One host after another: the lab's hosts share the cores of this machine.
        with traffic(mended) as mail:
            said = {k: v for host in ROLES for k, v in kill(host).items()}
            queues_are_empty(mended)  # what was put off is tried again in minutes, not at once
    dead = {k: v for k, v in said.items() if len(v.split()) != 2}
    assert {} == dead
    took = {k: float(v.split()[1]) - float(v.split()[0]) for k, v in said.items()}
    assert {} == {k: s for k, s in took.items() if s > SECONDS[k[1]]}
    for path, letters in mail.items():
        assert letters["accepted"], (path, letters)
        assert [] == letters["missing"], (path, letters)
        assert [] == letters["twice"], (path, letters)


# What a loss of power leaves: a lock, and half of an index for searches.
TORN = """
cd /var/vmail/people
for person in *; do ! doveadm user $person >&2 || break; done
cd $person
printf 'Subject: x\\n\\ntautoc\\n' | doveadm save -u $person
doveadm index -u $person INBOX
for part in index/INBOX/fts-flatcurve/current.*; do : >$part/iamglass; done
touch Maildir/dovecot-uidlist.lock
echo $person
"""
FOUND = """
cd /var/vmail/people/{person}
doveadm index -u {person} INBOX
for part in index/INBOX/fts-flatcurve/current.*; do test -s $part/iamglass; done
doveadm search -u {person} mailbox INBOX body tautoc >&2
ls Maildir/*.lock || true
"""
TIDIED = (
    "journalctl -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID dovecot)"
    " | grep 'letters noted' || true"
)


def test_a_store_mends_what_a_crash_has_left(mended: Lab) -> None:
    """Before Dovecot starts again; where it has ended in order nothing is looked at."""
    person = mended.ssh("store1", TORN).split()[-1]
    said = mended.ssh("store1", KILL.format(unit="dovecot", answers=ANSWERS["dovecot"]))
    assert 2 == len(said.split()), said
    assert mended.ssh("store1", TIDIED)
    assert "" == mended.ssh("store1", FOUND.format(person=person))
    mended.ssh("store1", "systemctl restart dovecot")
    assert "" == mended.ssh("store1", TIDIED)


def test_what_has_lost_its_workers_does_not_delay_dovecot(mended: Lab) -> None:
    """Its authentication process looks for them for five seconds, unless it is ended at once.

    It has workers once somebody has listed users, which nothing of ours does. Who learns first of a
    death is a matter of luck, hence several.
    """
    listed = "until pgrep -f '^dovecot/auth -w' >&2; do doveadm user '*' >/dev/null || :; done"
    with_workers = KILL.replace(
        'kill -9 "$old"', f"""{listed}; kill -9 "$old" $(pgrep -f '^dovecot/auth -w')"""
    ).format(unit="dovecot", answers=ANSWERS["dovecot"])
    times = [[float(word) for word in mended.ssh("store1", with_workers).split()] for _ in range(4)]
    assert [] == [(began, ended) for began, ended in times if ended - began > SECONDS["dovecot"]]


def test_a_killed_provider_is_not_behind_its_replicas(mended: Lab) -> None:
    """They follow it again, though no entry bears the number of what it did last.

    Such are the records of wrong passwords, here two, which replicas get.
    """
    suffix = "dc=thanhhoa,dc=gov,dc=vn"
    state = f"ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -s base -b {suffix} contextCSN | grep CSN"
    wrong = f"ldapwhoami -x -D uid=le-van-bay,ou=people,{suffix} -w wrong -H ldapi:/// || true"
    before = mended.ssh("dir1", state)
    mended.ssh("dir1", f"{wrong}; {wrong}")
    assert before != mended.ssh("dir1", state)
    replicas = [host for host, role in ROLES.items() if role in ("access", "store")]

    def follow() -> bool:
        return {mended.ssh("dir1", state)} == {mended.ssh(host, state) for host in replicas}

    deadline = time.monotonic() + 30
    while not follow():
        assert time.monotonic() < deadline
        time.sleep(0.2)
    mended.ssh("dir1", "systemctl kill --kill-whom=main --signal=KILL slapd")
    mended.ssh("dir1", f"for _ in $(seq 600); do {ANSWERS['slapd']} && exit; sleep 0.1; done")
    assert follow()


def test_a_daemon_that_cannot_start_is_tried_until_it_can(mended: Lab) -> None:
    """However often it fails: what hinders it may be gone in a minute, and nobody look."""

    def hinder(unit: str) -> str:
        mended.ssh("access1", HINDER.format(unit=unit, file=SETTINGS[unit]))
        serves = KILL.format(unit=unit, answers=ANSWERS[unit]).replace('kill -9 "$old"', "old=none")
        return mended.ssh("access1", serves)

    with ThreadPoolExecutor(len(SETTINGS)) as pool:
        said = dict(zip(SETTINGS, pool.map(hinder, SETTINGS), strict=True))
    assert {} == {unit: words for unit, words in said.items() if len(words.split()) != 2}


def test_how_daemons_come_back_is_changed_without_a_restart(mended: Lab, workspace: Path) -> None:
    """Systemd reads it again; nobody's session ends for it."""
    show = "systemctl show --property=MainPID,RestartUSec,StateChangeTimestampMonotonic {}"

    def state() -> dict[tuple[str, str], dict[str, str]]:
        return {
            kill: dict(
                line.split("=", 1) for line in mended.ssh(kill[0], show.format(kill[1])).split()
            )
            for kill in KILLS
        }

    before = state()
    path = workspace / "templates/base/restart.conf.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{{ seconds }}", "{{ seconds + 1 }}"), encoding="utf-8")
    try:
        mended.hopthu("apply", "lab", "--yes", root=workspace)
        after = state()
    finally:
        mended.restore()
    assert {"2s"} == {values["RestartUSec"] for values in before.values()}
    assert {kill: values | {"RestartUSec": "3s"} for kill, values in before.items()} == after


def test_what_takes_mailboxes_serves_again(mended: Lab) -> None:
    """Killed in the midst of a move; once it is no longer wanted it stays away."""
    serves = KILL.format(unit="hopthu-moves@store1", answers="(echo >/dev/tcp/10.88.0.32/874)")
    try:
        said = mended.ssh("store2", f"systemctl start hopthu-moves@store1\n{serves}")
    finally:
        mended.ssh("store2", "systemctl stop hopthu-moves@store1")
    assert 2 == len(said.split()), said
    assert (
        "inactive"
        == mended.ssh("store2", "systemctl is-active hopthu-moves@store1 || true").strip()
    )
