"""Over a year, what dates in the data bring about happens by the timer alone (Art. 5.2).

hopthu runs on the operator's host of the lab, as the deploy has set it up. No clock of the lab can
be set: the timer's stamp is aged, so that it believes to have missed a night, and days are given to
the service with `--on`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import power
import pytest
from labs import Lab, bring_up, copied, git

from hopthu.lab import state

LAYOUT = """\
domain: thanhhoa.gov.vn
hosts:
  mail1:
    address: 10.88.0.11
    roles: [edge, access, store, directory]
    stores: [store1, store2]
  operator1: {address: 10.88.0.51, roles: [operator]}
outside:
  internet: {address: 10.88.0.101, fqdn: mx.example.org}
  client: {address: 10.88.0.102}
"""
NEW, NAME, ADDRESS = "le-thi-kim-quy", "Lê Thị Kim Quý", "quyltk@thanhhoa.gov.vn"
PAPERS = "decision: qd-1125-stc-2019, request: cv-2317-stc-2019"
APPLIED, LEFT = "2026-11-30", "2027-01-15"
"""The day on which all was applied, and the one on which somebody retires."""

HEADLESS = "2027-05-01"
"""The day on which three units lose their head, and nobody follows."""
ENDED = {
    "phuong-bim-son": ("lock", "nguyen-trong-sau", "9101/QĐ-UBND", "ubnd-tinh"),
    "phuong-dao-duy-tu": (
        "leave", "nguyen-ba-luan", "9102/TB-DDT", "phuong-dao-duy-tu", "--how", "died",
    ),
    "phuong-dong-quang": (
        "transfer", "cao-huy-hung", "9103/QĐ-UBND", "ubnd-tinh",
        "--unit", "so-noi-vu", "--title", "Chuyên viên",
    ),
}  # fmt: skip

PROBE = ("verify", "lab", "--probe", "on-its-day", "--format", "json")
CLONE, UNIT = "/srv/hopthu", "hopthu-daily"
RAN = "/var/lib/hopthu-operator/ran"
STAMP = f"/var/lib/systemd/timers/stamp-{UNIT}.timer"
AS = f"runuser -u hopthu -- env HOME=/var/lib/hopthu-operator git -C {CLONE} "


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a layout that has an operator's host; somebody retires, heads are lost."""
    root = copied(tmp_path_factory.mktemp("operated") / "checkout")
    (root / "lab" / "operated.yaml").write_text(LAYOUT, encoding="utf-8")
    for unit, (command, *row) in ENDED.items():
        head_is_lost(root, unit, command, *row)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Three heads are lost")
    with (root / "data" / "people.yaml").open("a", encoding="utf-8") as people:
        people.write(f"""
- id: {NEW}
  name: {NAME}
  category: civil_servant
  mailbox: {{address: quyltk}}
  posts:
    - {{unit: so-tai-chinh, title: Chuyên viên, from: 2025-03-01, {PAPERS}}}
  left: {{how: retired, on: {LEFT}, {PAPERS}}}
""")
    return root


@pytest.fixture(scope="module")
def lab(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab of that layout, applied weeks before."""
    folder = tmp_path_factory.mktemp("lab")
    for lab in bring_up(folder, "--layout", "operated", root=root):
        lab.hopthu("format", root=root)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "Somebody retires")
        lab.hopthu("apply", "lab", "--yes", "--on", APPLIED, root=root)
        yield lab


def head_is_lost(
    root: Path, unit: str, command: str, person: str, decision: str, by: str, *more: str
) -> None:
    """Record, by the command for it, that a head is arrested, dies or moves on `HEADLESS`."""
    request = decision.partition("/")[0]
    Lab(root / ".lab").hopthu(
        "person", command, person, *more, "--from", HEADLESS, "--on", APPLIED, "--yes",
        "--decision-number", decision, "--decision-issuer", by, "--decision-date", "2026-11-20",
        "--request-number", f"{request}/VP", "--request-issuer", unit,
        "--request-date", "2026-11-23", root=root,
    )  # fmt: skip


def timer(lab: Lab, on: str) -> tuple[int, str]:
    """Have the timer find that it missed a night; return exit code and output of its service."""
    lab.ssh(
        "operator1",
        f"set -e; systemctl stop {UNIT}.timer; touch -d '2 days ago' {STAMP}; "
        f"install -d /run/systemd/system/{UNIT}.service.d; "
        f"sed -n 's/^ExecStart=.*/[Service]\\nExecStart=\\n& --on {on} --lang en/p' "
        f"/etc/systemd/system/{UNIT}.service >/run/systemd/system/{UNIT}.service.d/on.conf; "
        f"systemctl daemon-reload; systemctl reset-failed {UNIT}.service 2>/dev/null || :; "
        "journalctl --quiet --rotate --vacuum-time=1s",
    )
    ended = f"systemctl show --value -p ExecMainExitTimestampMonotonic {UNIT}.service"
    state = f"systemctl show --value -p ActiveState {UNIT}.service"
    before = lab.ssh("operator1", ended).strip()
    wait = (
        f'until [ "$({ended})" != {before} ] && [ "$({state})" != activating ]; do sleep 0.2; done'
    )
    lab.ssh("operator1", f"systemctl start {UNIT}.timer; timeout 400 sh -c '{wait}'")
    lab.ssh("operator1", f"rm -r /run/systemd/system/{UNIT}.service.d; systemctl daemon-reload")
    code = lab.ssh("operator1", f"systemctl show --value -p ExecMainStatus {UNIT}.service")
    return int(code), lab.ssh("operator1", f"journalctl --quiet -o cat -u {UNIT}.service")


def runs(lab: Lab, root: Path) -> list[tuple[str, str, str]]:
    """Return day, applier and commit of every run in the journal, newest first."""
    words = ("history", "--inventory", "lab", "--format", "json")
    told = json.loads(lab.hopthu(*words, root=root).stdout)
    return [(run["on"], run["who"], run["commit"]) for run in told["runs"]]


def pipeline(lab: Lab, root: Path, on: str, expect: int = 0) -> str:
    """Return what the scheduled pipeline prints on a day."""
    words = ("daily", "lab", "--as", "pipeline", "--on", on, "--lang", "en")
    return lab.hopthu(*words, expect=expect, root=root).stdout


def says(lab: Lab, root: Path, on: str, command: str, *more: str, expect: int) -> str:
    """Return what `drift`, `history` or `verify` says on a day."""
    words = (command, *more, "--on", on, "--lang", "en")
    return lab.hopthu(*words, expect=expect, root=root).stdout


def refuses_mail(lab: Lab) -> bool:
    """Return whether the host refuses mail to the address, with its reason."""
    found = lab.ssh("mail1", f"postmap -q {ADDRESS} lmdb:/etc/postfix/hopthu/refused || true")
    return bool(found.strip())


def reports(lab: Lab) -> list[str]:
    """Return the subjects of the reports that the operator's mailbox has, decoded, as they came."""
    listed = lab.ssh(
        "mail1",
        "doveadm fetch -u van-phong-ubnd-tinh hdr.subject.utf8 "
        "mailbox INBOX from postmaster subject lab:",
    )
    return [line.partition(": ")[2] for line in listed.splitlines() if line.startswith("hdr.")]


def test_the_host_has_what_its_role_needs_and_no_more(lab: Lab) -> None:
    """Units that systemd takes, days of Vietnam, an account without rights, keys of root."""
    shown = lab.ssh("operator1", f"systemctl show {UNIT}.timer -p TimersCalendar -p Persistent")
    assert "Asia/Ho_Chi_Minh" in shown
    assert "Persistent=yes" in shown
    units = " ".join(f"hopthu-{job}.timer" for job in ("daily", "drift"))
    assert "" == lab.ssh("operator1", f"systemd-analyze verify {units} 2>&1")
    assert ["active", "enabled"] * 2 == lab.ssh(
        "operator1",
        f"for unit in {units}; do systemctl is-active $unit; systemctl is-enabled $unit; done",
    ).split()
    account = lab.ssh("operator1", "getent passwd hopthu; id -nG hopthu")
    assert account.strip().endswith("/var/lib/hopthu-operator:/usr/sbin/nologin\nhopthu")
    assert "600 root\n" * 2 == lab.ssh(
        "operator1", "stat -c '%a %U' /root/.ssh/id_ed25519 /root/.config/hopthu/age-identity.txt"
    )


def test_drift_is_looked_for_there(lab: Lab) -> None:
    """By its own timer's service; what an apply has left is none."""
    told = "systemctl start hopthu-drift.service; journalctl -o cat -u hopthu-drift.service"
    said = lab.ssh("operator1", told)
    shown = lab.ssh("operator1", "systemctl show -p Result -p ExecMainStatus hopthu-drift.service")
    assert ["ExecMainStatus=0", "Result=success"] == sorted(shown.split()), said
    assert "Traceback" not in said
    assert '"told": []' in lab.ssh("operator1", "cat /var/lib/hopthu-operator/told.json")


def test_dated_changes_happen_by_the_timer_alone(lab: Lab, root: Path) -> None:
    """On their day or as soon as hosts are up; once, by the one named, never a newer commit."""
    before = runs(lab, root)
    deployed = before[0][2]
    announced_a_week_before(lab)
    committed_unapproved(lab)
    fails_while_a_host_is_down(lab)
    late = "2027-01-18"
    told_until_it_is_done(lab, root, late)
    assert before == runs(lab, root)

    # The host that was down is caught up, by the commit that was approved.
    code, said = timer(lab, late)
    assert 0 == code, said
    assert f"Applied on {late}: " in said
    assert [(late, "timer on operator1", deployed), *before] == runs(lab, root)
    assert refuses_mail(lab)
    assert reports(lab)[-1].startswith(f"lab: Applied on {late}: ")
    assert deployed == lab.ssh("operator1", f"{AS} rev-parse HEAD").strip()
    lab.ssh("operator1", f"systemctl start hopthu-drift.service; [ ! -e {RAN} ]")
    assert "" == lab.ssh("operator1", f"{AS} status --porcelain")

    nothing_is_done_twice(lab, root, late)

    # A year passes in a few nights; each does what fell due since the last, and no unit that is
    # left without a head stops it.
    assert {*ENDED} == headed(lab)
    for day in (HEADLESS, "2027-12-01"):
        code, said = timer(lab, day)
        assert 0 == code, said
        assert set() == headed(lab)
    done = [run for run in runs(lab, root) if run[0] > APPLIED]
    assert {("timer on operator1", deployed)} == {(who, commit) for _, who, commit in done}
    assert len(done) == len({on for on, _, _ in done})
    nothing_is_done_twice(lab, root, "2027-12-01")


def headed(lab: Lab) -> set[str]:
    """Return which of the units of `ENDED` have somebody who may open their mailbox."""
    rights = {unit: lab.ssh("mail1", f"doveadm acl get -u {unit} INBOX") for unit in ENDED}
    return {unit for unit, granted in rights.items() if "user=" in granted}


def announced_a_week_before(lab: Lab) -> None:
    """By mail to the operator; nothing is applied."""
    assert not refuses_mail(lab)
    code, said = timer(lab, "2027-01-08")
    assert 0 == code, said
    assert f"Due on {LEFT} without further edits:" in said
    assert NAME in said
    assert ["lab: Nothing is due on 2027-01-08."] == reports(lab)


def committed_unapproved(lab: Lab) -> None:
    """Have a commit in the forge and in the operator's clone that was never applied.

    Its code leaves a mark if it ever runs.
    """
    somebody = "-c user.name=A -c user.email=a@example.org"
    mark = f"open({RAN!r}, 'w')"
    lab.ssh(
        "operator1",
        f"set -e; sed -i 's/{NAME}/Lê Thị Kim Quy/' {CLONE}/data/people.yaml; "
        f'echo "{mark}" | tee -a {CLONE}/inventory/lab.py >>{CLONE}/hopthu/__init__.py; '
        f"{AS} {somebody} commit --quiet --all -m New; {AS} push --quiet origin HEAD:main",
    )


def fails_while_a_host_is_down(lab: Lab) -> None:
    """On the day itself nothing can be done: exit 4."""
    known = state.recorded(lab.folder)
    assert known
    power.link_down(known, "mail1")
    try:
        code, said = timer(lab, LEFT)
    finally:
        power.link_up(known, "mail1")
    assert 4 == code, said
    assert not refuses_mail(lab)


def told_until_it_is_done(lab: Lab, root: Path, on: str) -> None:
    """Both appliers are switched on: the one not named, drift, history and verify say it is due."""
    assert "Applied by: timer." in pipeline(lab, root, on, expect=5)
    due = f"due on {LEFT} and not applied: {NAME}"
    assert due in says(lab, root, on, "drift", "lab", expect=5)
    words = ("history", "--inventory", "lab")
    assert f"Due on {LEFT} and not done: " in says(lab, root, on, *words, expect=0)
    assert f"due on {LEFT}: {NAME}" in says(lab, root, on, *PROBE, expect=4)


def nothing_is_done_twice(lab: Lab, root: Path, on: str) -> None:
    """By neither applier; nothing says any more that something is due."""
    before = runs(lab, root)
    code, said = timer(lab, on)
    assert 0 == code, said
    for told in (said, pipeline(lab, root, on)):
        assert f"Nothing is due on {on}." in told
    assert before == runs(lab, root)
    assert "No drift" in says(lab, root, on, "drift", "lab", expect=0)
    says(lab, root, on, *PROBE, expect=0)
