"""An apply goes on from what hosts hold, takes nobody's address away, and asks before it begins."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import Lab, copied, git, papers

import terminal
from hopthu.cli.clock import today

WHO = "Lê Văn Bình"
NEW, ADDRESS = "le-thi-kim-quy", "quyltk"
PERSON = """
- id: {id}
  name: {name}
  category: civil_servant
  mailbox: {{address: {address}}}
  posts:
    - {{unit: so-tai-chinh, title: Chuyên viên, from: {day}, {basis}}}
"""
CHANGED = "  changes:\n    - {{on: {day}, facts: [{fact}], was: {{{fact}: {was}}}, {basis}}}\n"
ORDER = "qd-999-ubnd-2026"
DOCUMENT = (
    f"- {{id: {ORDER}, kind: decision, number: 999/QĐ-UBND, issuer: ubnd-tinh, date: 2026-11-02, "
    "acts: [allowance]}\n"
)
FRAMES = re.compile(r"^\s*[-/|\\] |[⠀-⣿]")


def people(root: Path) -> Path:
    """Return the file of people."""
    return root / "data" / "people.yaml"


def recruit(root: Path, person: str = NEW, name: str = "Lê Thị Kim Quý") -> None:
    """Add somebody to the data, and the documents that say so."""
    text = people(root).read_text(encoding="utf-8")
    basis = papers(root, "so-tai-chinh", "STC", 9001, today())
    new = PERSON.format(id=person, name=name, address=ADDRESS, day=today(), basis=basis)
    people(root).write_text(text.rstrip("\n") + new, encoding="utf-8")


def commit(root: Path, why: str) -> None:
    git(root, "commit", "--quiet", "--all", "--message", why)


def deployed(lab: Lab) -> str:
    """Return what the host has on record and under way, and every entry it holds."""
    return lab.ssh(
        "mail1",
        "cat /var/lib/hopthu/deployed/record.json; ls /var/lib/hopthu/records; "
        "slapcat -f /etc/ldap/slapd.conf | sha256sum; ls -A /run/hopthu",
    )


def head(root: Path) -> str:
    argv = ["git", "-C", str(root), "rev-parse", "HEAD"]
    return subprocess.check_output(argv, text=True).strip()


class Two:
    """Two clones of the same history; a colleague has applied somebody new from theirs."""

    def __init__(self, mine: Path, theirs: Path) -> None:
        """Keep both, and the commit that was applied."""
        self.mine, self.theirs, self.applied = mine, theirs, head(theirs)


@pytest.fixture(scope="module")
def two(single: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """A colleague's change is on the host, and not in my clone."""
    folder = tmp_path_factory.mktemp("two")
    mine, theirs = copied(folder / "mine"), folder / "theirs"
    git(folder, "clone", "--quiet", str(mine), str(theirs))
    recruit(theirs)
    documents = theirs / "data" / "documents.yaml"
    text = documents.read_text(encoding="utf-8")
    documents.write_text(f"{text.rstrip()}\n{DOCUMENT}", encoding="utf-8")
    commit(theirs, "Somebody new")
    git(theirs, "update-ref", "refs/remotes/origin/HEAD", "HEAD")  # as if pushed
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOPTHU_WHO", WHO)
        single.hopthu("apply", "lab", "--yes", root=theirs)
        yield Two(mine, theirs)


def test_a_clone_that_has_not_pulled_is_refused(single: Lab, two: Two) -> None:
    """With the host, the commit, who and what to do; a plan says it too, and nothing changes."""
    before = deployed(single)
    for known in (False, True):
        if known:
            git(two.mine, "fetch", "--quiet", str(two.theirs))
        refused = single.hopthu("apply", "lab", "--yes", expect=3, root=two.mine).stderr
        plan = single.hopthu("plan", "--live", "lab", "--lang", "en", expect=3, root=two.mine)
        for said in (refused, plan.stdout):
            assert f"mail1: commit {two.applied[:12]} is deployed, by {WHO} at 20" in said
        assert ("git merge" if known else "git pull") in refused
        assert f"--back-to {head(two.mine)[:12]}" in refused
    there, undocumented = ["--back-to", "HEAD^"], ["--without-document", "mail loops"]
    single.hopthu("apply", "lab", "--yes", *there, *undocumented, expect=3, root=two.mine)
    single.hopthu("apply", "lab", "--yes", "--back-to", "HEAD", expect=2, root=two.mine)
    order = ["--back-to", "HEAD", "--basis", "qd-of-nobody"]
    said = single.hopthu("apply", "lab", "--yes", *order, expect=3, root=two.mine).stderr
    assert 'there is no document "qd-of-nobody"' in said
    assert before == deployed(single)


def test_a_record_taken_out_is_refused_by_every_command(single: Lab, two: Two) -> None:
    """Before it is committed and after; so is the address with somebody else. Nothing changes.

    Data that is compared with a revision is wrong (2); what servers have is not taken away (3).
    """
    before, text = deployed(single), people(two.theirs).read_text(encoding="utf-8")
    asking = (("plan", "--live", "lab", "--lang", "en"), ("apply", "lab", "--yes"))
    people(two.theirs).write_text(text[: text.index(f"- id: {NEW}")], encoding="utf-8")
    try:
        for command, code in ((("check",), 2), (("plan",), 2), *((each, 3) for each in asking)):
            told = single.hopthu(*command, expect=code, root=two.theirs).stdout
            assert f"{NEW}: " in told
            assert "[id-removed" in told
        commit(two.theirs, "Somebody less")
        for command in asking:
            assert "[id-removed" in single.hopthu(*command, expect=3, root=two.theirs).stdout
        live = single.hopthu("check", "--live", "lab", "--lang", "en", expect=2, root=two.theirs)
        assert "[id-removed" in live.stdout
        assert "note: compared with the servers of lab" in live.stderr
        recruit(two.theirs, "le-thi-kieu-quy", "Lê Thị Kiều Quý")
        commit(two.theirs, "Somebody else")
        for command in asking:
            told = single.hopthu(*command, expect=3, root=two.theirs).stdout
            assert "[address-changed-hands" in told
    finally:
        people(two.theirs).write_text(text, encoding="utf-8")
        git(two.theirs, "commit", "--quiet", "--all", "--allow-empty", "--message", "As before")
    assert before == deployed(single)


def test_a_change_without_its_document_is_refused(single: Lab, two: Two) -> None:
    """Before it is committed and after, and once more when much else is; nothing changes.

    With its document it goes.
    """
    before, text = deployed(single), people(two.theirs).read_text(encoding="utf-8")
    asking = (("plan", "--live", "lab", "--lang", "en"), ("apply", "lab", "--yes", "--lang", "en"))
    said = f'{NEW}: the alias "kimquy" is new [fact-basis, Art. 5.1]'
    alias = text.replace(f"address: {ADDRESS}}}", f"address: {ADDRESS}, aliases: [kimquy]}}")
    people(two.theirs).write_text(alias, encoding="utf-8")
    try:
        assert said in single.hopthu("check", "--lang", "en", expect=2, root=two.theirs).stdout
        for what in ("", "An alias", "What needs no document"):
            if what:
                git(two.theirs, "commit", "--quiet", "--all", "--allow-empty", "--message", what)
            for command in asking:
                assert said in single.hopthu(*command, expect=3, root=two.theirs).stdout
        live = ("check", "--live", "lab", "--lang", "en")
        assert said in single.hopthu(*live, expect=2, root=two.theirs).stdout
        basis = papers(two.theirs, "so-tai-chinh", "STC", 9001, today()).partition(", ")[2]
        row = f"  changes: [{{on: {today()}, facts: [aliases], {basis}}}]\n"
        people(two.theirs).write_text(f"{alias.rstrip()}\n{row}", encoding="utf-8")
        single.hopthu("apply", "lab", "--dry-run", root=two.theirs)
    finally:
        people(two.theirs).write_text(text, encoding="utf-8")
        git(two.theirs, "commit", "--quiet", "--all", "--allow-empty", "--message", "As before")
    assert before == deployed(single)


def test_on_a_terminal_the_plan_is_shown_before_the_question(single: Lab, two: Two) -> None:
    """What changes, what is not committed, which hosts: once each. Who declines changes nothing."""
    before, text = deployed(single), people(two.theirs).read_text(encoding="utf-8")
    row = CHANGED.format(
        day=today(), fact="name", was="Lê Thị Kim Quý",
        basis=papers(two.theirs, "so-tai-chinh", "STC", 9001, today()),
    )  # fmt: skip
    people(two.theirs).write_text(
        text.replace("name: Lê Thị Kim Quý\n", f"name: Lê Thị Kim Quy\n{row}"), encoding="utf-8"
    )
    try:
        shown = terminal.run(
            [sys.executable, "-m", "hopthu", "apply", "lab", "--lang", "en"],
            two.theirs,
            {**os.environ, "HOPTHU_LAB": str(single.folder), "PYTHONPATH": str(two.theirs)},
            [("Apply these changes?", "n\n")],
        )
    finally:
        people(two.theirs).write_text(text, encoding="utf-8")
    said = "\n".join(shown.lines)
    assert 1 == shown.code, said
    asked = said.index("Apply these changes? [y/N]: n")
    for line in (f"[mailbox {NEW};", "Not committed: data/people.yaml", "mail1: "):
        assert 1 == said.count(line), said
        assert said.index(line) < asked, said
    assert 2 == said.count("Changes on "), "below the plan, and directly above the question"
    assert said.endswith("Cancelled; nothing was changed."), said
    assert not [line for line in shown.lines if FRAMES.search(line)], said
    assert before == deployed(single)


def test_going_back_is_said_and_recorded(single: Lab, two: Two) -> None:
    """By a document that only the newer commit has, which my clone has fetched by now.

    The last test of this module: from here on my clone is what the host holds.
    """
    order = ["--back-to", "HEAD", "--basis", ORDER]
    back = single.hopthu("apply", "lab", "--yes", *order, root=two.mine)
    assert "mailboxes closed: 1" in back.stdout
    told = f"back to {head(two.mine)[:12]} from {two.applied[:12]}, by {ORDER}"
    of_lab = ("history", "--inventory", "lab", "--lang")
    for asked in ((), (ORDER,)):
        history = single.hopthu(*of_lab, "en", *asked, root=two.mine).stdout
        assert told in history
        assert ORDER in history.partition("documents: ")[2].partition("\n")[0]
    vietnamese = single.hopthu(*of_lab, "vi", root=two.mine).stdout
    assert f"quay về {head(two.mine)[:12]} từ {two.applied[:12]}, theo {ORDER}" in vietnamese
    assert told in single.ssh("mail1", "cat /var/lib/hopthu/deployed/record.json")
    again = single.hopthu("apply", "lab", "--yes", root=two.mine)
    assert re.search(r"^0 of \d+ steps changed", again.stdout, re.MULTILINE), again.stdout
