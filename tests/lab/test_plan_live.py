"""A plan that was reviewed is what is applied, or nothing is; and what servers hold is seen."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from labs import CHECKOUT, Lab, decide, git, papers

from hopthu.daemons import registry
from hopthu.daemons.site import load_site
from hopthu.inventory import loader

ON = ("--on", "2026-11-25")
PAPERS = date(2026, 11, 20)
PLAN = "plan.json"
HOST = "mail1"
SETTING = "/etc/postfix/main.cf"
REDIRECTED = "skhdt@thanhhoa.gov.vn"
"""The address of a department that merged in March 2025; its mail went on to stc@ for a time."""


def edit(root: Path, kind: str, old: str, new: str, count: int = 1) -> None:
    """Replace a text in a file of data; it must be there."""
    path = root / "data" / f"{kind}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def title(root: Path, new: str, person: str = "nguyen-van-an", old: str = "Chuyên viên") -> None:
    """Give somebody's present post another title, by a document that corrects the record."""
    path = root / "data" / "people.yaml"
    text = path.read_text(encoding="utf-8")
    record = re.search(rf"(?ms)^- id: {person}\n.*?(?=^- id:)", text)
    assert record
    before, _, after = record[0].rpartition(f"title: {old}")
    decision = papers(root, "ubnd-tinh", "UBND", 9001, PAPERS).split()[1].rstrip(",")
    documents = root / "data" / "documents.yaml"
    listed = documents.read_text(encoding="utf-8")
    for_this = "acts: [correction], units: [so-tai-chinh, xa-pu-nhi]"
    issued = re.sub(rf"(?m)^(- \{{id: {decision}, .*date: [0-9-]+)\}}$",
                    rf"\1, {for_this}}}", listed)  # fmt: skip
    documents.write_text(issued, encoding="utf-8")
    corrected = f"  corrections: [{decision}]\n"
    if corrected not in after:
        after += corrected
    path.write_text(text.replace(record[0], f"{before}title: {new}{after}"), encoding="utf-8")


def planned(lab: Lab, root: Path, *options: str) -> str:
    """Keep a plan, of a title if not of servers; return what it says."""
    title(root, "Phó Trưởng phòng")
    return lab.hopthu("plan", "--lang", "en", *ON, "--out", PLAN, *options, root=root).stdout


def refused(lab: Lab, root: Path, *options: str) -> str:
    """Apply the plan that was kept; return why it is refused."""
    arguments = ("apply", "lab", "--yes", "--plan", PLAN, *(options or ON))
    return lab.hopthu(*arguments, expect=3, root=root).stderr


@contextmanager
def by_hand(lab: Lab, attribute: str, value: str) -> Iterator[None]:
    """Change an attribute of an entry for the time of a `with` block, as root on the host."""
    dn = "uid=le-van-binh,ou=people,dc=thanhhoa,dc=gov,dc=vn"
    ask = f"ldapsearch -Q -LLL -o ldif-wrap=no -Y EXTERNAL -H ldapi:/// -b {dn} {attribute}"
    (old,) = re.findall(rf"^({attribute}::? .*)$", lab.ssh(HOST, ask), re.MULTILINE)

    def put(line: str) -> None:
        ldif = f"dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{line}\n"
        lab.ssh(HOST, f"ldapmodify -Q -Y EXTERNAL -H ldapi:/// <<'END'\n{ldif}\nEND")

    put(f"{attribute}: {value}")
    try:
        yield
    finally:
        put(old)


def live(lab: Lab, root: Path = CHECKOUT) -> dict[str, object]:
    """Return the plan against the servers, without what any plan has."""
    told = lab.hopthu("plan", "--live", "lab", *ON, "--format", "json", root=root).stdout
    plan = json.loads(told)
    return {key: plan[key] for key in ("changes", "hosts", "strangers")}


NOTHING: dict[str, object] = {"changes": [], "hosts": [], "strangers": []}


def test_servers_hold_what_was_applied(single: Lab) -> None:
    """A plan against them has nothing to do; read from the database too, if slapd does not run."""
    assert live(single) == NOTHING
    single.ssh(HOST, "systemctl stop slapd")
    try:
        assert live(single) == NOTHING
    finally:
        single.ssh(HOST, "systemctl start slapd")


def test_each_thing_done_by_hand_is_told(single: Lab) -> None:
    """An entry, a right, a file; with what an apply makes of it, and of the daemon."""
    single.ssh(HOST, f"cp -p {SETTING} /root/kept && echo '# by hand' >>{SETTING}")
    single.ssh(HOST, "doveadm acl set -u so-tai-chinh INBOX user=le-van-bay lookup read")
    try:
        with by_hand(single, "sn", "Khac"):
            told = single.hopthu("plan", "--live", "lab", "--lang", "en", *ON).stdout
    finally:
        single.ssh(HOST, f"mv /root/kept {SETTING}")
        single.ssh(HOST, "doveadm acl delete -u so-tai-chinh INBOX user=le-van-bay")
    assert "Lê Văn Bình: the directory entry is corrected: sn [entry le-van-binh]" in told
    assert (
        "Lê Văn Bảy loses access to the mailbox of Sở Tài chính: no record grants it [access"
        in told
    )
    assert f"On host {HOST}:\n      ~ {SETTING} is changed\n        Postfix reloads\n" in told
    assert live(single) == NOTHING


def test_services_do_what_a_plan_says_of_them(single: Lab) -> None:
    """What hosts keep as the way to take files up is a restart, a reload, or neither."""
    kept = single.ssh(HOST, "cd /var/lib/hopthu/activate && grep -H '' *").splitlines()
    commands: dict[str, str] = {}
    for name, _, line in (each.partition(":") for each in kept):
        commands[name] = f"{commands.get(name, '')}\n{line}"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOPTHU_LAB", str(single.folder))
        site = load_site(CHECKOUT, date.fromisoformat(ON[1]), loader.load(CHECKOUT, "lab"))
        here = {name for name, files in registry.render(site.context(HOST)).items() if files}
    sets = {name: does for name, does in registry.file_sets().items() if name in here}
    # What is read anew by itself, as the words that are no passwords, is not taken up.
    assert commands.keys() == {name for name, does in sets.items() if does.activate}
    for name, does in sets.items():
        if name not in commands:
            continue
        # The unit of ClamAV is another set's to restart, in the same apply.
        words = {"clamav-units": ("daemon-reload",)}.get(name, _words(does.activation))
        assert any(word in commands[name] for word in words), (name, commands[name])
        if does.activation != "restart":
            # What runs is reloaded by it, if it can be.
            assert "restart" not in commands[name].replace("reload-or-restart", "")


def _words(how: str) -> tuple[str, ...]:
    neither = ("daemon-", "postmap", "sysusers")
    return {"restart": ("restart",), "reload": ("reload",), "nothing": neither}[how]


EDITS: dict[str, tuple[Callable[[Path], None], str]] = {
    "data": (
        lambda root: title(root, "Văn thư", old="Phó Trưởng phòng"),
        "not reviewed: Nguyễn Văn An is now Văn thư at Sở Tài chính",
    ),
    "policy": (
        lambda root: edit(root, "policy", "domain:", "dns: {dkim_selector: khac}\ndomain:"),
        "not reviewed: policy: dns.dkim_selector: – → khac",
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_since_is_refused(single: Lab, workspace: Path, what: str) -> None:
    """Show 6: of data or policy, naming what; no server is touched."""
    planned(single, workspace)
    change, named = EDITS[what]
    change(workspace)
    assert named in refused(single, workspace)


def test_midnight_with_a_change_due_is_refused(single: Lab, workspace: Path) -> None:
    """Show 6: nobody edited anything, but somebody's last day is over."""
    person = "  posts:\n    - {unit: so-tai-chinh, title: Chuyên viên, from: 2024-02-05"
    basis = papers(workspace, "so-tai-chinh", "STC", 9001, PAPERS)
    left = f"{{how: retired, on: 2026-11-26, {basis}}}"
    edit(workspace, "people", person, f"  left: {left}\n{person}")
    assert "on 2026-11-26: Nguyễn Vân An: the mailbox is closed" in planned(single, workspace)
    told = refused(single, workspace, "--on", "2026-11-26")
    assert (
        "due since 2026-11-25: Nguyễn Vân An: the mailbox is closed; mail to it is refused" in told
    )


def test_an_entry_changed_by_hand_is_refused(single: Lab, workspace: Path) -> None:
    """Show 6: whichever attribute, on whomever; then nothing is left to stop it."""
    planned(single, workspace)
    for attribute, named in (
        ("title", "Lê Văn Bình is now Giám đốc at Sở Tài chính"),
        ("sn", "Lê Văn Bình: the directory entry is corrected: sn"),
    ):
        with by_hand(single, attribute, "Khac"):
            assert f"servers: not reviewed: {named}" in refused(single, workspace)
    dry = single.hopthu("apply", "lab", "--dry-run", "--plan", PLAN, *ON, root=workspace).stdout
    assert "Update the entries of the directory" in dry


def test_another_apply_since_is_refused_and_the_same_one_goes_on(
    single: Lab, workspace: Path
) -> None:
    """Show 6: who applied what is named. What was planned from there on is applied, twice too."""
    planned(single, workspace)
    mine = (workspace / "data" / "people.yaml").read_text(encoding="utf-8")
    git(workspace, "stash", "--quiet")
    title(workspace, "Chủ tịch", person="giang-a-pao", old=_title(workspace, "giang-a-pao"))
    git(workspace, "commit", "--quiet", "--all", "--message", "Another change")
    single.hopthu("apply", "lab", "--yes", *ON, root=workspace)
    (workspace / "data" / "people.yaml").write_text(mine, encoding="utf-8")
    try:
        told = refused(single, workspace)
        assert "servers: another apply since, on mail1: record 20" in told
        git(workspace, "checkout", "--quiet", "data")
        planned(single, workspace, "--base", "HEAD")  # which was applied, though nobody has it yet
        arguments = ("apply", "lab", "--yes", "--plan", PLAN, *ON)
        single.hopthu(*arguments, root=workspace)
        again = single.hopthu(*arguments, root=workspace)
        assert re.search(r"^0 of \d+ steps changed", again.stdout, re.MULTILINE), again.stdout
    finally:
        single.restore()


def _title(root: Path, person: str) -> str:
    text = (root / "data" / "people.yaml").read_text(encoding="utf-8")
    (found,) = re.findall(rf"(?ms)^- id: {person}\n.*?title: ([^,]*),", text)
    return str(found)


def test_a_plan_against_servers_holds_while_they_are_as_they_were_read(
    single: Lab, workspace: Path
) -> None:
    """A file changed by hand since is named too."""
    told = planned(single, workspace, "--live", "lab")
    assert "Nguyễn Văn An is now Phó Trưởng phòng" in told
    single.ssh(HOST, f"cp -p {SETTING} /root/kept && echo '# by hand' >>{SETTING}")
    try:
        assert f"servers: not reviewed: {HOST}: change {SETTING}" in refused(single, workspace)
    finally:
        single.ssh(HOST, f"mv /root/kept {SETTING}")
    single.hopthu("apply", "lab", "--dry-run", "--plan", PLAN, *ON, root=workspace)


def test_guards_judge_every_apply(single: Lab, workspace: Path) -> None:
    """Without a plan too: by what the servers hold, and nothing is changed."""
    title(workspace, "Phó Trưởng phòng")
    edit(workspace, "policy", "domain:", f"{NARROW}\ndomain:")
    decide(workspace, "guards.change", 9002, PAPERS)
    done = single.hopthu("apply", "lab", "--yes", *ON, expect=3, root=workspace)
    assert 'guard "change", province-wide: mailboxes: 1, limit 0' in done.stderr
    assert live(single) == NOTHING


NARROW = "guards: {change: {few: 0, percent: [0, 0, 0], most: 0}}"


def test_mail_of_a_merged_unit_reaches_its_successor(single: Lab, workspace: Path) -> None:
    """Art. 5.2: for as long as the policy says; after that the sender is told where to write."""
    edit(workspace, "policy", "domain:", "lifecycle: {redirect_days: 3650}\ndomain:")
    decide(workspace, "lifecycle.redirect_days", 9002, PAPERS)
    single.hopthu("apply", "lab", "--yes", *ON, root=workspace)
    try:
        subject = f"sap-nhap-{time.time_ns()}"
        _send(single, subject)
        _arrives(single, HOST, f"grep -rl {subject} /var/vmail/units/so-tai-chinh || true")
    finally:
        single.restore()
    subject = f"da-het-{time.time_ns()}"
    _send(single, subject)
    told = f"grep -rl {subject} /var/mail/cong-dan/new | xargs -r grep -h 'stc@thanhhoa'"
    _arrives(single, "internet", f"{told} || true")


def _send(lab: Lab, subject: str) -> None:
    letter = f"From: cong-dan@example.org\nTo: {REDIRECTED}\nSubject: {subject}\n\nKính gửi.\n"
    lab.ssh("internet", f"sendmail -f cong-dan@example.org {REDIRECTED} <<'END'\n{letter}END")


def _arrives(lab: Lab, host: str, command: str) -> None:
    deadline = time.monotonic() + 60
    while not lab.ssh(host, command):
        assert time.monotonic() < deadline, f"not within a minute: {command}"
        time.sleep(0.5)
