"""The monitor: faults made at their source, and the alarms of them by both ways."""

import email
import email.policy
import json
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from labs import Lab, applied, copied, git

from alarms import CASES, commands, promtool_tests, units
from hopthu.daemons import exporter, monitor, registry
from hopthu.daemons.backup import FOLDER
from hopthu.daemons.base import TLS
from hopthu.daemons.rspamd import STOPPED
from hopthu.desired import probes
from hopthu.lab.layout import ALARMS, RESOLVER, TAKEN
from hopthu.remote.host import round_trip

MONITOR, OTHER, WATCHED = "backup1", "backup2", "mail1"
HOSTS = (MONITOR, OTHER, WATCHED)
OPERATOR = "van-phong-ubnd-tinh"
LIMIT = 120.0
"""Seconds in which an alarm must have arrived by both ways."""
QUIET = 900.0
_CGROUP = f"/sys/fs/cgroup/hopthu.slice/{exporter.SLICE}"
_FIREWALL = "table inet test"
_TOLD = "/var/lib/hopthu-operator/told.json"


@pytest.fixture(scope="module")
def lab(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Every role on one host, a monitor, and who misses it; HOPTHU_TEST_MONITOR may name a lab."""
    if folder := os.environ.get("HOPTHU_TEST_MONITOR"):
        yield Lab(Path(folder).resolve())
        return
    yield from applied(snapshots, "backup", tmp_path_factory.mktemp("monitored"))


@pytest.fixture(scope="module")
def well(lab: Lab) -> Lab:
    """A centre of which nothing is wrong, and no alarm has been taken outside."""
    lab.ssh("internet", f": >{TAKEN}")
    kinds = ("mail", "directory", "records")
    lab.ssh(WATCHED, f"systemctl start {' '.join(f'hopthu-backup-{kind}' for kind in kinds)}")
    wait_until(lambda: not firing(lab), "an alarm goes on", lambda: firing(lab))
    return lab


@pytest.fixture(scope="module", autouse=True)
def begun(lab: Lab) -> tuple[float, dict[str, float]]:
    """When this began, and the seconds of a processor that watching each host had taken."""
    return time.monotonic(), {host: used(lab, host)[1] for host in HOSTS}


def wait_until(true: Callable[[], bool], what: str, seen: Callable[[], object]) -> None:
    """Wait until something is true; fail after `LIMIT` seconds, with what is seen instead."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < LIMIT, f"{what}: {seen()}"
        time.sleep(1)


def firing(lab: Lab) -> set[tuple[str, str]]:
    """Return the alarms that the monitor raises now, each with its host."""
    address = lab.state.host(MONITOR).address
    said = lab.ssh(MONITOR, f"{_FETCH} http://{address}:{monitor.PROMETHEUS}/api/v1/alerts")
    alerts = json.loads(said)["data"]["alerts"]
    return {
        (each["labels"]["alertname"], each["labels"]["host"])
        for each in alerts
        if each["state"] == "firing"
    }


_FETCH = (
    "python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())'"
)


def taken(lab: Lab, state: str = "firing") -> set[tuple[str, str]]:
    """Return the alarms that arrived outside, each with its host, of those with a runbook."""
    calls = [json.loads(line) for line in lab.ssh("internet", f"grep . {TAKEN} || :").splitlines()]
    return {
        (each["labels"]["alertname"], each["labels"]["host"])
        for call in calls
        for each in call["alerts"]
        if each["status"] == state
        and each["annotations"]["runbook"].endswith(f"#{each['labels']['alertname'].lower()}")
    }


def mailed(lab: Lab) -> set[tuple[str, str]]:
    """Return the alarms that are in the operator's mailbox, each with its host."""
    said = lab.ssh(WATCHED, f"doveadm -f json fetch -u {OPERATOR} text mailbox INBOX")
    found = set()
    for row in json.loads(said or "[]"):
        letter = email.message_from_string(row["text"], policy=email.policy.default)
        body = letter.get_content() if not letter.is_multipart() else ""
        if not letter["Subject"].startswith("[Cảnh báo] "):
            continue
        for part in body.split("Cảnh báo: ")[1:]:
            name, host, *_ = part.splitlines()
            assert f"Cách xử lý: {monitor.RUNBOOKS}#{name.lower()}" in part
            found.add((name, host.removeprefix("Máy chủ: ").partition(" ")[0]))
    return found


def forget(lab: Lab) -> None:
    """Forget the alarms that have arrived."""
    lab.ssh("internet", f": >{TAKEN}")
    lab.ssh(WATCHED, f"doveadm expunge -u {OPERATOR} mailbox INBOX all")


@dataclass(frozen=True)
class Fault:
    """What breaks something at its source on a host, what mends it, and the alarm of it."""

    alarm: str
    breaks: str
    mends: str
    on: str = WATCHED
    of: str = WATCHED


def cut(port: int, of: str = "", way: str = "input") -> str:
    """Return what has a host drop what comes to a port, or what it sends there (`output`)."""
    return (
        f"nft 'add {_FIREWALL}; "
        f"add chain inet test {way} {{ type filter hook {way} priority -10; }}; "
        f"add rule inet test {way} {of} meta l4proto {{ tcp, udp }} th dport {port} drop'"
    )


def note(kind: str, person: str, text: str) -> str:
    """Return what leaves a note as Rspamd does of somebody who is stopped."""
    new = f"{STOPPED}/new.{person}"
    leaves = f"printf '{text}' | install -o _rspamd -g _rspamd /dev/stdin {new}"
    return f"{leaves} && mv {new} {STOPPED}/{kind}.{person}"


def told(*rows: list[str]) -> str:
    """Return what has the search for drift have told some."""
    known = json.dumps({"told": rows})
    return f"[ ! -e {_TOLD} ] || mv {_TOLD} {_TOLD}.aside; echo '{known}' >{_TOLD}"


UNCUT = f"nft 'delete {_FIREWALL}'"
_LETTERS = (
    "printf 'Subject: x\\n\\nthu\\n' | sendmail -f postmaster@thanhhoa.gov.vn "
    "$(cut -f1 /etc/postfix/hopthu/transport | head -3)"
)
"""To three people: one who gets nothing may be at fault alone."""
_SNAPSHOTS = f"{FOLDER}/mail1/directory*/snapshots/*"
UNTOLD = f"rm {_TOLD}; [ ! -e {_TOLD}.aside ] || mv {_TOLD}.aside {_TOLD}"
_CERTIFICATE = f"{TLS}/host.pem"
_SENDER = "bui-tien-lam"
_OLD, _MEASURES = "/root/old", "/etc/hopthu/measures.json"
_DRILL = "/var/lib/hopthu/copies/drill"

DEAD = Fault("ServiceDown", "systemctl stop valkey-server", "systemctl start valkey-server")
FULL = Fault(
    "DiskFull",
    "mkdir -p /srv/small; mount -t tmpfs -o size=1M tmpfs /srv/small;"
    " head -c 1M /dev/zero >/srv/small/full",
    "umount /srv/small; rmdir /srv/small",
    on=OTHER,
    of=OTHER,
)
STUCK = Fault(
    "QueueStuck",
    f"{cut(24, 'iif lo')}; {_LETTERS}",
    f'{UNCUT}; until [ -z "$(postqueue -j)" ]; do postqueue -f; sleep 1; done',
)
AT_ONCE = (DEAD, FULL, STUCK)
"""Faults that do not hide each other, and leave both ways open."""
NOT_ARRIVING = Fault("MailNotArriving", ":", ":", on=MONITOR, of=MONITOR)
"""What is told as well of a queue that is stuck: no message of the monitor arrives."""


@contextmanager
def broken(lab: Lab, *faults: Fault) -> Iterator[None]:
    """Break something for the time of a `with` block."""
    forget(lab)
    try:
        for fault in faults:
            lab.ssh(fault.on, fault.breaks)
        yield
    finally:
        for fault in faults:
            lab.ssh(fault.on, fault.mends)


def arrives(
    lab: Lab, faults: tuple[Fault, ...], ways: Mapping[str, Callable[[Lab], set[tuple[str, str]]]]
) -> None:
    """Wait until the alarms of faults have arrived, each by each way."""
    expected = {(fault.alarm, fault.of) for fault in faults}

    def missing() -> dict[str, set[tuple[str, str]]]:
        found = {way: expected - seen(lab) for way, seen in ways.items()}
        return {way: alarms for way, alarms in found.items() if alarms}

    wait_until(lambda: not missing(), "not told", missing)


BOTH = {"the other way": taken, "mail": mailed}


def test_every_alarm_has_a_case_and_a_runbook(lab: Lab) -> None:
    """`promtool` finds that each rule is quiet before, and fires after, what it is for."""
    assert [alert.name for alert in registry.alerts() if alert.name not in CASES] == []
    place = "/root/rules"
    lab.ssh(MONITOR, f"mkdir -p {place}; cp {monitor.FOLDER}/rules.yml {place}")
    for step, tests in promtool_tests().items():
        lab.ssh(MONITOR, f"cat >{place}/{step}.yml", tests.encode())
        said = lab.ssh(MONITOR, f"cd {place} && promtool test rules {step}.yml")
        assert "SUCCESS" in said


def test_what_runbooks_tell_exists_on_a_host(lab: Lab) -> None:
    """Programs and units; what is of hopthu itself is asked where it runs."""
    programs = {words[0] for words in commands()} - {"hopthu"}
    asked = [f"command -v {each} >/dev/null || echo {each}" for each in sorted(programs)]
    asked += [
        f'[ "$(systemctl list-unit-files -q {each!r} | wc -l)" != 0 ] || echo {each!r}'
        for each in (f"{unit}.*" if "." not in unit else unit for unit in sorted(units()))
    ]
    missing = [{*lab.ssh(host, "; ".join(asked)).splitlines()} for host in HOSTS]
    assert set.intersection(*missing) == set()


_SIGN_IN = """
import imaplib, ssl, sys
server = imaplib.IMAP4_SSL(sys.argv[1], ssl_context=ssl._create_unverified_context())
try:
    print(server.login(sys.argv[2], sys.stdin.read())[0])
except imaplib.IMAP4.error:
    print("refused")
"""


def moments(lab: Lab) -> dict[round_trip.Key, float]:
    """Return when a message of the monitor last arrived, by store and way."""
    return round_trip.parsed(lab.ssh(MONITOR, f"cat {exporter.MESSAGES}/messages.prom"))


def test_a_message_arrives_by_each_way_and_is_gone(well: Lab) -> None:
    """At each store, signed in and from outside; nothing of it stays in the mailbox."""
    began = float(well.ssh(MONITOR, "date +%s"))
    well.ssh(MONITOR, f"systemctl start {monitor.ROUND_TRIP}")
    stores = ("store1", "store2")
    assert {(store, way) for store in stores for way in ("edge", "submission")} == {*moments(well)}
    wait_until(lambda: min(moments(well).values()) >= began, "not arrived", lambda: moments(well))
    accounts = " ".join(probes.account(probes.MINUTE, store) for store in stores)
    kept = f"for each in {accounts}; do doveadm search -u $each mailbox '*' all; done"
    wait_until(lambda: not well.ssh(WATCHED, kept), "kept", lambda: well.ssh(WATCHED, kept))


def test_the_monitor_signs_in_from_its_address_and_as_its_accounts_alone(well: Lab) -> None:
    """What it has opens nothing from elsewhere, and nobody else's mailbox."""
    password = well.ssh(MONITOR, f"cat {monitor.FOLDER}/round-trip.key").encode()
    address = well.state.host(WATCHED).address
    minute, reader = (probes.account(part, "store1") for part in (probes.MINUTE, "reader"))

    def signs_in(host: str, user: str) -> bool:
        return "OK" in well.ssh(host, f"python3 -c '{_SIGN_IN}' {address} {user}", password)

    assert signs_in(MONITOR, minute)
    assert not signs_in(MONITOR, reader)
    assert not signs_in(MONITOR, _SENDER)
    for host in (OTHER, WATCHED, "client", "internet"):
        assert not signs_in(host, minute)


_WRITES = """
import smtplib, ssl, sys

class Lmtp(smtplib.SMTP_SSL):
    ehlo_msg = "lhlo"

server, user, *to = sys.argv[1:]
for kind, port in ((smtplib.SMTP_SSL, 465), (Lmtp, 24)):
    with kind(server, port, context=ssl._create_unverified_context()) as smtp:
        smtp.ehlo("x")
        if port == 465:
            smtp.login(user, sys.stdin.read())
        smtp.mail(user)
        print(*(smtp.rcpt(each)[0] for each in to))
"""


def test_the_monitor_writes_to_its_accounts_and_the_operator_alone(well: Lab) -> None:
    """Whoever takes it over: its accounts have no limit, and nothing at port 24 is scanned."""
    password = well.ssh(MONITOR, f"cat {monitor.FOLDER}/round-trip.key").encode()
    parts = (probes.MINUTE, "reader")
    minute, reader = (f"{probes.account(each, 'store1')}@thanhhoa.gov.vn" for each in parts)
    operator, official = "vpubnd@thanhhoa.gov.vn", "binhlv@thanhhoa.gov.vn"
    to = (minute, reader, "cong-dan@example.org", official, operator)
    words = ["python3", "-c", _WRITES, well.state.host(WATCHED).address, minute, *to]
    said = well.ssh(MONITOR, shlex.join(words), password).splitlines()
    assert ["250 554 554 554 554", "550 550 550 550 250"] == said


@pytest.mark.alone
def test_three_faults_are_told_by_both_ways(well: Lab) -> None:
    """A daemon is dead, a disk full, a queue stuck: each is told within two minutes.

    So is that no message arrives, which is what people would notice of the third.
    """
    with broken(well, *AT_ONCE):
        arrives(well, (*AT_ONCE, NOT_ARRIVING), BOTH)
    wait_until(lambda: not firing(well), "an alarm goes on", lambda: firing(well))


def test_the_monitor_itself_is_missed(well: Lab) -> None:
    """Other hosts tell of it, by the way that is not mail."""
    gone = Fault("MonitorMissed", "systemctl stop prometheus", "systemctl start prometheus",
                 on=MONITOR, of=MONITOR)  # fmt: skip
    with broken(well, gone):
        arrives(well, (gone,), {"the other way": taken})
    wait_until(lambda: (gone.alarm, gone.of) in taken(well, "resolved"), "not resolved", lambda: "")


def test_nobody_but_the_monitor_reads_how_a_host_is(lab: Lab) -> None:
    """The packet filter keeps others out; those who would miss the monitor reach it alone."""

    def reaches(host: str, to: str, port: int, by: str = "") -> bool:
        address = "127.0.0.1" if port in inside else lab.state.host(to).address
        probe = f"{by} timeout 3 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null; echo $?"
        return lab.ssh(host, probe) == "0\n"

    inside = (monitor.ALERTMANAGER, monitor.MAIL)
    for port in (monitor.PROMETHEUS, *inside, exporter.PORT):
        assert reaches(MONITOR, MONITOR, port)
        assert not reaches(MONITOR, MONITOR, port, "setpriv --reuid nobody --clear-groups")
    # The exporter speaks to hosts that may have been taken over, and silences nothing.
    running = lab.ssh(MONITOR, f"systemctl show --property=MainPID --value {exporter.UNIT}").strip()
    itself = lab.ssh(MONITOR, f"stat --format=%u /proc/{running}").strip()
    assert not reaches(
        MONITOR, MONITOR, monitor.ALERTMANAGER, f"setpriv --reuid {itself} --clear-groups"
    )

    assert reaches(MONITOR, WATCHED, exporter.PORT)
    for host in (OTHER, "client", "internet"):
        assert not reaches(host, WATCHED, exporter.PORT)
    assert reaches(OTHER, MONITOR, monitor.PROMETHEUS)
    for host in ("client", "internet"):
        assert not reaches(host, MONITOR, monitor.PROMETHEUS)
        assert not reaches(host, MONITOR, monitor.ALERTMANAGER)


def test_it_costs_little(well: Lab, begun: tuple[float, dict[str, float]]) -> None:
    """At most so many MB, and 2 % of a processor on every other host than the monitor."""
    began, before = begun
    time.sleep(max(0.0, began + 60 - time.monotonic()))  # so long at least it is measured
    seconds = time.monotonic() - began
    after = {host: used(well, host) for host in HOSTS}
    memory = {host: after[host][0] for host in HOSTS}
    share = {host: (after[host][1] - before[host]) / seconds for host in HOSTS}
    assert [host for host in HOSTS if memory[host] > _MEMORY[host]] == [], memory
    assert [host for host in HOSTS if share[host] > 0.02 and host != MONITOR] == [], share


_MEMORY = {MONITOR: 250, OTHER: 40, WATCHED: 40}
"""Megabytes that watching may take."""


def used(lab: Lab, host: str) -> tuple[float, float]:
    """Return the megabytes that watching a host has now, and the seconds of a processor so far.

    Memory is that of its processes (Pss in proc_pid_smaps(5)): the cgroups of a lab count none.
    """
    memory = lab.ssh(
        host, f"for pid in $(cat {_CGROUP}/*/cgroup.procs); do cat /proc/$pid/smaps_rollup; done"
    )
    spent = lab.ssh(host, f"grep usage_usec {_CGROUP}/cpu.stat")
    kilobytes = (line.split()[1] for line in memory.splitlines() if line.startswith("Pss:"))
    return sum(map(int, kilobytes)) / 1024, int(spent.split()[1]) / 1e6


_WATCHING = {
    MONITOR: (
        "prometheus",
        "prometheus-alertmanager",
        "hopthu-alarm.socket",
        f"{monitor.ROUND_TRIP}.timer",
    ),
    OTHER: ("prometheus-node-exporter", "hopthu-measures.timer", "hopthu-monitor-missed.timer"),
}


def watching(lab: Lab) -> set[tuple[str, ...]]:
    """Return how the units are with which hosts watch, and are watched: now, and at boot."""
    return {
        (lab.ssh(host, f"systemctl is-active {unit} || :").strip(),
         lab.ssh(host, f"systemctl is-enabled {unit} 2>&1 || :").strip().rpartition("\n")[2])
        for host, units in _WATCHING.items()
        for unit in units
    }  # fmt: skip


def test_a_monitor_that_is_none_any_more_watches_nobody(lab: Lab, tmp_path: Path) -> None:
    """Its role goes, a rollback brings it back, and both ways nothing is left to do."""
    root = copied(tmp_path / "checkout")
    inventory = root / "inventory" / "lab.py"
    text = inventory.read_text(encoding="utf-8")
    inventory.write_text(f"{text}\nmonitor = []\n", encoding="utf-8")
    git(root, "commit", "--all", "--quiet", "--message", "No monitor")
    told = lab.hopthu("plan", "--live", "lab", "--details", root=root).stdout
    for line in ("prometheus.service is stopped", "/etc/hopthu/monitor/prometheus.yml is removed"):
        assert line in told, told

    lab.hopthu("apply", "lab", "--yes", root=root)
    assert {("inactive", "disabled"), ("inactive", "not-found")} == watching(lab)
    assert "" == lab.ssh(MONITOR, "ls /etc/hopthu/monitor/*.yml /etc/default/prometheus || :")
    plan = lab.hopthu("plan", "--live", "lab", "--format", "json", root=root).stdout
    assert [] == json.loads(plan)["hosts"]
    lab.hopthu("drift", "lab", root=root)

    lab.hopthu("rollback", "lab", "--yes", root=root)
    assert {("active", "enabled")} == watching(lab)
    inventory.write_text(text, encoding="utf-8")
    git(root, "commit", "--all", "--quiet", "--message", "The monitor again")
    assert "\n0 of " in lab.hopthu("apply", "lab", "--yes", root=root).stdout


SLOW = (
    Fault("HostGone", cut(exporter.PORT), UNCUT, on=OTHER, of=OTHER),
    Fault(
        "CopyMissed",
        f"touch -d '4 hours ago' {_SNAPSHOTS}",
        f"touch {_SNAPSHOTS}",
        on=OTHER,
        of=OTHER,
    ),
    Fault(
        "JobMissed",
        f"[ ! -e {_DRILL} ] || mv {_DRILL} {_DRILL}.aside; "
        f"""echo '{{"failed": [], "good": 1}}' >{_DRILL}""",
        f"rm {_DRILL}; [ ! -e {_DRILL}.aside ] || mv {_DRILL}.aside {_DRILL}",
    ),
    Fault(
        "JobFailed",
        "systemctl stop hopthu-backup-drill.timer; mv /var/cache/hopthu-backup /var/cache/aside; "
        "mv /etc/hopthu/backup/to /etc/hopthu/backup/aside; "
        "systemctl start hopthu-backup-drill || :",
        "mv /etc/hopthu/backup/aside /etc/hopthu/backup/to; mv -T /var/cache/aside "
        "/var/cache/hopthu-backup; systemctl start hopthu-backup-drill hopthu-backup-drill.timer",
    ),
    Fault(
        "JobFailed",
        cut(ALARMS, way="output"),
        UNCUT,
        on=OTHER,
        of=OTHER,
    ),
    Fault(
        "CertificateEnds",
        f"cp -p {_CERTIFICATE} {_CERTIFICATE}.aside; openssl req -x509 -days 20 -subj /CN=x"
        f" -key {TLS}/host.key -out {_CERTIFICATE}",
        f"mv {_CERTIFICATE}.aside {_CERTIFICATE}",
        on=OTHER,
        of=OTHER,
    ),
    Fault(
        "ServiceRestarts",
        "for each in 1 2 3; do systemctl kill --signal KILL valkey-server; sleep 5; done",
        "systemctl restart valkey-server",
    ),
    Fault(
        "SenderStopped",
        note("stopped", _SENDER, "virus"),
        f"rm -f {STOPPED}/told.{_SENDER}; ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:///"
        f" -b dc=thanhhoa,dc=gov,dc=vn uid={_SENDER} 1.1 |"
        " sed 's/^$/changetype: modify\\ndelete: hopthuStopped\\n/' |"
        " ldapmodify -Q -Y EXTERNAL -H ldapi:///",
    ),
    Fault(
        "StopUntold",
        note("stopped", _SENDER, "nothing that Rspamd would say"),
        f"rm {STOPPED}/bad.*; systemctl reset-failed hopthu-stopped",
    ),
    Fault(
        "QueueStuck",
        f"{cut(53, way='output')}; printf 'Subject: x\\n\\nthu\\n' |"
        " sendmail -f postmaster@thanhhoa.gov.vn a@one.test a@two.test a@three.test",
        f"{UNCUT}; postsuper -d ALL",
    ),
    Fault(
        "DueNotDone",
        told(["mail1", "due", "person x locked", "2026-06-01"]),
        UNTOLD,
    ),
    Fault(
        "JobMissed",
        "touch -d '2 days ago' /var/lib/hopthu-operator/announced",
        "rm /var/lib/hopthu-operator/announced",
    ),
    Fault(
        "SignaturesOld",
        # No host of a lab has a mirror.
        f"mkdir {_OLD}; touch -d '4 days ago' {_OLD}/daily.cld; cp -p {_MEASURES} {_OLD}/;"
        f""" sed -i '1a "signatures": ["{_OLD}"],' {_MEASURES}""",
        f"cp -p {_OLD}/measures.json {_MEASURES}; rm -r {_OLD}",
    ),
    Fault(
        "Drift",
        told(["mail1", "file", "/etc/hosts", "x"]),
        UNTOLD,
    ),
    Fault(
        "NotMeasured",
        "systemctl stop hopthu-measures.timer",
        "systemctl start hopthu-measures.timer",
        on=OTHER,
        of=OTHER,
    ),
    Fault(
        "NotMeasured",
        "systemctl stop time-source",
        "systemctl start time-source",
        on=RESOLVER,
        of=OTHER,
    ),
)


@pytest.mark.drill
@pytest.mark.parametrize("fault", SLOW, ids=lambda fault: f"{fault.alarm}-{fault.on}")
def test_a_fault_is_told_by_both_ways(well: Lab, fault: Fault) -> None:
    """Each is told within two minutes, with a host and where to read what to do."""
    with broken(well, fault):
        arrives(well, (fault,), BOTH)
    wait_until(lambda: not firing(well), "an alarm goes on", lambda: firing(well))


@pytest.mark.drill
def test_a_dead_way_is_told_by_the_other(well: Lab) -> None:
    """With the store of the operator's mailbox down, alarms of it come by the other way."""
    store = Fault("AlarmsUnsent", "systemctl stop dovecot", "systemctl start dovecot", of=MONITOR)
    with broken(well, store):
        arrives(well, (Fault("ServiceDown", "", ""),), {"the other way": taken})
        arrives(well, (store,), {"the other way": taken})


@pytest.mark.drill
def test_with_both_ways_dead_another_host_tells(well: Lab) -> None:
    """Nothing leaves the monitor: the store is down, and what is sent to the URL is lost."""
    store = Fault("ServiceDown", "systemctl stop dovecot", "systemctl start dovecot")
    way = Fault("MonitorMissed", cut(ALARMS, way="output"), UNCUT, on=MONITOR, of=MONITOR)
    with broken(well, way, store):
        arrives(well, (way,), {"the other way": taken})
    wait_until(lambda: not firing(well), "an alarm goes on", lambda: firing(well))


LIES = Fault(
    "ClockOff",
    "systemctl stop time-source; systemd-run --quiet --unit time-lies"
    " /usr/bin/python3 -IS /usr/local/lib/time_source.py 60",
    "systemctl stop time-lies; systemctl start time-source",
    on=RESOLVER,
)
"""No clock of a lab can be set; what its source of the time says can be a minute ahead."""


@pytest.mark.drill
def test_a_time_source_apart_from_the_clocks_is_told_of_each_host(well: Lab) -> None:
    """Whether the source is at fault or the host, a person sees: of all hosts, or of one."""
    with broken(well, LIES):
        arrives(well, tuple(replace(LIES, of=host) for host in HOSTS), BOTH)
    wait_until(lambda: not firing(well), "an alarm goes on", lambda: firing(well))


FLOOD = Fault(
    "HostGone",
    f"seq 19000 | sed 's/.*/hopthu_queue_recipients{{to=\"&\"}} 0/' >{exporter.TEXTS}/flood.prom",
    f"rm {exporter.TEXTS}/flood.prom",
    on=OTHER,
    of=OTHER,
)
"""A host that was taken over tells a hundred times what it has to tell."""


@pytest.mark.drill
def test_a_flood_of_series_is_told_and_fills_no_memory(well: Lab) -> None:
    """The host counts as gone; the monitor is as large as without."""
    with broken(well, FLOOD):
        arrives(well, (FLOOD,), BOTH)
        assert used(well, MONITOR)[0] <= _MEMORY[MONITOR]
    wait_until(lambda: not firing(well), "an alarm goes on", lambda: firing(well))


@pytest.mark.drill
def test_a_second_service_is_told_beside_the_first(well: Lab) -> None:
    """As fast as the first was: each is an alarm of its own."""
    units = "clamav-daemon.socket clamav-daemon"
    other = Fault("ServiceDown", f"systemctl stop {units}", f"systemctl start {units}")
    with broken(well, DEAD):
        arrives(well, (DEAD,), BOTH)
        with broken(well, other):
            arrives(well, (other,), BOTH)
    wait_until(lambda: not firing(well), "an alarm goes on", lambda: firing(well))


@pytest.mark.drill
def test_a_quiet_quarter_of_an_hour(well: Lab) -> None:
    """Nobody is told anything while nothing is wrong."""
    wait_until(lambda: not firing(well), "an alarm goes on", lambda: firing(well))
    forget(well)
    time.sleep(QUIET)
    assert set() == taken(well) | mailed(well)
