"""The whole path, on the hosts of the centre layout, from bare Debian."""

import email.message
import imaplib
import json
import re
import smtplib
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import power
import pytest
from labs import CHECKOUT, Lab, bring_up, dismiss, papers
from test_passwords_issued import on_slip

from hopthu.cli.clock import today
from hopthu.docs.pictures import RECORDED
from hopthu.lab import network, state
from hopthu.verify.catalogue import PROBES

PACKAGES = ("slapd", "postfix", "dovecot-core", "rspamd", "clamav-daemon")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The centre layout, from bare Debian, applied once."""
    for lab in bring_up(tmp_path_factory.mktemp("centre"), "--bare"):
        for host in lab.hosts:
            installed = lab.ssh(host, "dpkg-query -W -f '${Package}\\n'").split()
            assert not set(PACKAGES) & set(installed), f"{host} is not bare"
        lab.hopthu("apply", "lab", "--yes")
        yield lab


def test_every_probe_passes(centre: Lab, accept: bool) -> None:
    """Shows 2 to 11, on hosts where the deploys installed everything themselves.

    `--accept` records how long each took, for the pictures of the README.
    """
    probes = centre.probes()
    failed = {key: p["detail"] for key, p in probes.items() if not p["passed"]}
    assert {} == failed
    assert {probe.id for probe in PROBES} == set(probes)
    if accept:
        took = {key: p["seconds"] for key, p in probes.items()}
        RECORDED.write_text(json.dumps(took, indent=1) + "\n", encoding="utf-8")


def test_second_apply_changes_nothing(centre: Lab) -> None:
    """Show 12: nothing to do is nothing done."""
    done = centre.hopthu("apply", "lab", "--yes")
    assert re.search(r"^0 of \d+ steps changed something", done.stdout, re.MULTILINE), done.stdout


def test_nothing_has_drifted(centre: Lab) -> None:
    """With replicas, a clean centre is told to be clean."""
    assert (
        "No drift: 6 hosts match what was last applied.\n" == centre.hopthu("drift", "lab").stdout
    )


def test_a_report_is_put_into_the_operators_mailbox(centre: Lab) -> None:
    """On the store that has it; no other store gets a mailbox of that name."""
    centre.ssh("edge1", "touch /etc/cron.d/la")
    try:
        centre.hopthu("drift", "lab", "--mail", "operator", expect=5)
    finally:
        centre.ssh("edge1", "rm /etc/cron.d/la")
    letters = "grep -lr 'cron.d/la' /var/vmail/units/van-phong-ubnd-tinh || :"
    found = {store: centre.ssh(store, letters).split() for store in ("store1", "store2")}
    assert [1, 0] == sorted((len(paths) for paths in found.values()), reverse=True), found
    centre.ssh(*next((store, f"rm {path}") for store, paths in found.items() for path in paths))


def test_plain_pyinfra_agrees(centre: Lab) -> None:
    """`pyinfra INVENTORY deploys/site.py --dry` works as any pyinfra user expects."""
    program = str(Path(sys.executable).with_name("pyinfra"))
    done = centre.run([program, "inventory/lab.py", "deploys/site.py", "--dry", "--json"])
    assert done.returncode == 0, done.stdout + done.stderr
    operations = json.loads(done.stdout)["plan"]
    assert len(operations) > 20
    assert [] == [o["name"] for o in operations if o["hosts_with_change"]]


def _services(lab: Lab) -> dict[str, str]:
    """Return when each service of each host last changed state, and its pid.

    A restart gives a new pid, a reload a new time: systemd writes both itself.
    """
    command = (
        "systemctl show --type=service --state=active,activating,reloading,failed "
        "--property=Id,MainPID,NRestarts,StateChangeTimestampMonotonic,TriggeredBy '*'"
    )
    found = {}
    for host in lab.hosts:
        for block in lab.ssh(host, command).strip().split("\n\n"):
            values = dict(line.split("=", 1) for line in block.splitlines())
            # A sign-in by SSH makes a unit of its own; those are ours, not the servers'. What a
            # timer starts, such as Debian's at midnight, no apply does.
            ours = re.match(r"(user@|user-runtime-dir@|session-|systemd-)", values["Id"])
            if not ours and not values.pop("TriggeredBy").endswith(".timer"):
                found[f"{host}/{values.pop('Id')}"] = " ".join(values.values())
    return found


REQUEST = f"cv-9001-stc-{today().year}"
NEW_PERSON = """
- id: le-thi-moi-tuyen
  name: Lê Thị Mới Tuyển
  category: civil_servant
  mailbox: {address: tuyenltm}
  posts:
    - {unit: so-tai-chinh, title: Chuyên viên, from: %s, %s}
"""


def _recruit(root: Path) -> None:
    """Add a person to the data, and the documents that say so."""
    people = root / "data" / "people.yaml"
    text = people.read_text(encoding="utf-8")
    basis = papers(root, "so-tai-chinh", "STC", 9001, today())
    people.write_text(text.rstrip("\n") + NEW_PERSON % (today(), basis), encoding="utf-8")


@pytest.fixture
def recruited(centre: Lab, workspace: Path) -> Iterator[Path]:
    """Give a checkout with somebody new; the centre ends as it began."""
    _recruit(workspace)
    yield workspace
    dismiss(centre, ["le-thi-moi-tuyen"])


def test_new_person_restarts_nothing(centre: Lab, recruited: Path, tmp_path: Path) -> None:
    """Show 12: the mailbox works within the apply, and no unit was restarted or reloaded.

    As in production they have no password until one is issued on a document, by the same command.
    """
    # Postfix remembers what it was asked: who is written to too early must not stay unknown.
    ask = "swaks --server 10.88.0.11 --tls --from a@example.org --to {} --quit-after RCPT || true"
    assert " 550 5.1.1" in centre.ssh("internet", ask.format("tuyenltm@thanhhoa.gov.vn"))
    before = _services(centre)
    done = centre.hopthu("apply", "lab", "--yes", root=recruited)
    assert " 250 2.1.5" in centre.ssh("internet", ask.format("tuyenltm@thanhhoa.gov.vn"))
    assert "People who cannot sign in for lack of a password: 1\n" in done.stdout, done.stdout
    slips = ("--basis", REQUEST, "--slips", str(tmp_path / "slips"), "lab")
    centre.hopthu("credential", "issue", "le-thi-moi-tuyen", *slips, root=recruited)
    assert before == _services(centre)
    _exchange(centre, on_slip(tmp_path / "slips"), "tuyenltm@thanhhoa.gov.vn")
    again = centre.hopthu("apply", "lab", "--yes", root=recruited).stdout
    assert "lack of a password" not in again, again


def _exchange(lab: Lab, password: str, address: str) -> None:
    """Sign in as a person, write to oneself, and read it."""
    known = state.recorded(lab.folder)
    assert known is not None
    context = ssl.create_default_context(cafile=str(lab.folder / "secrets" / "ca.pem"))
    context.check_hostname = False  # asked by address; the certificate is still verified
    network.join(known)
    try:
        subject = _send(password, address, context, known.host("access1").address)
        _read(password, address, context, known.host("access1").address, subject)
    finally:
        network.leave()


def _send(password: str, address: str, context: ssl.SSLContext, access: str) -> str:
    message = email.message.EmailMessage()
    message["From"] = message["To"] = address
    message["Subject"] = subject = f"chao-{time.time_ns()}"
    message.set_content("Thư đầu tiên.")
    with smtplib.SMTP_SSL(access, 465, context=context, timeout=60) as smtp:
        smtp.login(address, password)
        smtp.send_message(message)
    return subject


def _read(password: str, address: str, context: ssl.SSLContext, access: str, subject: str) -> None:
    deadline = time.monotonic() + 30
    with imaplib.IMAP4_SSL(access, 993, ssl_context=context, timeout=60) as imap:
        imap.login(address, password)
        while time.monotonic() < deadline:
            imap.select("INBOX")
            if imap.search(None, "HEADER", "Subject", subject)[1][0]:
                return
            time.sleep(0.2)
    pytest.fail("the message did not arrive within 30 s")


def test_unreachable_host_stops_before_the_first_change(centre: Lab, workspace: Path) -> None:
    """Show 16: exit 4, a sentence naming the host, and no other host was touched."""
    _recruit(workspace)
    known = state.recorded(centre.folder)
    assert known is not None
    before = _services(centre)
    power.link_down(known, "store2")
    try:
        done = centre.hopthu("apply", "lab", "--yes", expect=4, root=workspace)
    finally:
        power.link_up(known, "store2")
    assert "store2" in done.stderr
    assert "Nothing was changed" in done.stderr
    assert before == _services(centre)


# What breaks, with the first host that is given it, in the order of a run.
BREAKAGES = {
    "base/nftables.conf.j2": ("table inet broken {\n", "dir1", "/etc/nftables.conf"),
    "openldap/slapd.conf.j2": ("no_such_directive yes\n", "dir1", "/etc/ldap/slapd.conf"),
    "dovecot/dovecot.conf.j2": ("no_such_setting = yes\n", "store1", "/etc/dovecot/dovecot.conf"),
    "postfix/main.cf.j2": ("no_such_parameter_here = yes\n", "access1", "/etc/postfix/main.cf"),
    "clamav/clamd.conf.j2": ("NoSuchOption yes\n", "access1", "/etc/clamav/clamd.conf"),
    "rspamd/etc/local.d/redis.conf.j2": ("broken {\n", "access1", "/etc/rspamd/local.d/redis.conf"),
}


@pytest.mark.parametrize("template", sorted(BREAKAGES))
def test_broken_configuration_never_takes_effect(
    centre: Lab, workspace: Path, template: str
) -> None:
    """Show 16: the daemon's own test refuses it; exit 4; what served goes on serving."""
    line, host, live = BREAKAGES[template]
    path = workspace / "templates" / template
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    digest = centre.ssh(host, f"sha256sum {live}")
    before = _services(centre)
    done = centre.hopthu("apply", "lab", "--yes", expect=4, root=workspace)
    assert host in done.stderr
    assert "failed; nothing after it was run" in done.stderr
    assert digest == centre.ssh(host, f"sha256sum {live}")
    assert before == _services(centre)


def test_service_is_as_before(centre: Lab) -> None:
    """After all that was done to it the centre still does its work, and needs nothing done."""
    assert all(p["passed"] for p in centre.probes("inbound-store1", "internal", "ham").values())
    centre.hopthu("apply", "lab", "--yes", root=CHECKOUT)
