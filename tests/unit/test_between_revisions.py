"""Every rule between revisions, in every command: `plan` and `apply` say what `check` says."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, reduce
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from test_authorise import Servers
from test_authorise import ask as ask_leave
from test_saved_plan import edit
from test_server_plan import git

import overlay
from hopthu.apply.authorise import Permit
from hopthu.cli import main
from hopthu.diagnostics.problem import Problem, as_text
from hopthu.errors import RefusedData
from hopthu.history.lineage import Return
from hopthu.load import load
from hopthu.rules.context import RuleContext
from hopthu.rules.edit import CheckEdit, Edit
from hopthu.rules.registry import BETWEEN
from hopthu.servers.state import ServerState
from hopthu.validate import policy_of, read, validate
from regulations import THANH_HOA
from rule_pages import Case, base, every_case, the_case

ON = date(2026, 11, 25)
DAY = ["--on", ON.isoformat(), "--lang", "en"]
ALIAS, BY_REQUEST, LOCKED, WIDENED = (
    "fact-basis/an-alias-more",
    "fact-basis/an-alias-more-at-the-request-of-the-unit",
    "history-rewritten/a-lock-of-last-month",
    "policy-first/an-edit-widens-competence-and-uses-it",
)
"""Cases of tests/rules."""


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    return Servers(monkeypatch)


@cache
def contexts(case: Case) -> tuple[RuleContext, RuleContext]:
    """Return both revisions of a case."""
    with TemporaryDirectory() as folder:
        pair = [load(overlay.write(f, Path(folder, str(n)))) for n, f in
                enumerate((case.before(), case.files()))]  # fmt: skip
    before, now = (RuleContext(source, policy_of(source), ON) for source in pair)
    return before, now


@cache
def case_of(check: CheckEdit) -> Case:
    """Return the first case whose data has no problem by itself, but by `check`."""
    for case in every_case():
        if case.compares and not case.near_miss:
            before, now = contexts(case)
            if any(check(Edit(before, now))) and not validate(now.source, ON):
                return case
    raise AssertionError(f"no page of tests/rules has a case of {check.__name__}")


def errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def committed(files: overlay.Files, root: Path, day: str = "2026-11-25") -> str:
    """Commit the files in a checkout, on a day; return the commit."""
    overlay.write(files, root)
    if not (root / ".git").exists():
        git(root, "init", "-q")
    git(root, "add", "--all")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GIT_COMMITTER_DATE", f"{day}T09:00:00+07:00")
        git(root, "commit", "-qm", f"of {day}")
    return git(root, "rev-parse", "HEAD")


def ask(root: Path, back: Return | None = None, on: date = ON) -> Permit:
    return ask_leave(root, back, on)


@pytest.mark.slow
@pytest.mark.parametrize("check", BETWEEN, ids=lambda check: check.__name__)
def test_every_command_says_the_same(
    check: CheckEdit, tmp_path: Path, servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error refuses, and no plan is saved; a warning stands beside the plan."""
    case, root, saved = case_of(check), tmp_path / "root", tmp_path / "plan.json"
    deployed = committed(case.before(), root)
    servers.take(read(root, ON), deployed)
    overlay.write(case.files(), root)
    for name in case.before().keys() - case.files().keys():
        (root / name).unlink()

    code = main(["check", *DAY, "--root", str(root)])
    said = capsys.readouterr().out
    assert (2 if ": error: " in said else 0) == code
    assert code == main(["plan", *DAY, "--root", str(root), "--out", str(saved)])
    planned = capsys.readouterr()
    if code:
        assert said == planned.out
        assert not saved.exists()
        with pytest.raises(RefusedData) as refused:
            ask(root)
        assert (3, said) == (
            refused.value.exit_code,
            as_text(refused.value.problems, regulation=THANH_HOA),
        )
    else:
        assert said == planned.err
        assert said == as_text(ask(root).warnings, regulation=THANH_HOA)


def laid(case: str, part: str, files: overlay.Files) -> overlay.Files:
    """Return `files` with a part of a case laid over them."""
    return reduce(overlay.laid, the_case(case).blocks[part], files)


def test_of_a_first_apply_nothing_is_asked(tmp_path: Path, servers: Servers) -> None:
    """There is nothing yet that the data could differ from."""
    committed(base(), tmp_path)
    overlay.write(laid(ALIAS, "Now", base()), tmp_path)
    servers.live = ServerState(covered=frozenset({"m"}))
    assert () == ask(tmp_path).warnings


def test_what_is_deployed_is_not_asked_again(tmp_path: Path, servers: Servers) -> None:
    """Of the day's run, which applies the deployed commit; and of an apply that was interrupted."""
    committed(base(), tmp_path)
    overlay.write(laid(ALIAS, "Now", base()), tmp_path)
    servers.take(read(tmp_path, ON), git(tmp_path, "rev-parse", "HEAD"))
    assert () == ask(tmp_path).warnings
    servers.take(read(tmp_path, ON), committed(overlay.read(tmp_path), tmp_path))
    assert () == ask(tmp_path, on=date(2027, 11, 25)).warnings


def test_a_return_is_ordered_and_what_is_not_committed_judged(
    tmp_path: Path, servers: Servers
) -> None:
    """The earlier commit is as it was; an edit on top of it is an edit."""
    first = committed(base(), tmp_path)
    renamed = committed(laid(ALIAS, "Now", base()), tmp_path)
    servers.take(read(tmp_path, ON), renamed)
    git(tmp_path, "checkout", "-q", first)
    back = Return("HEAD", reason="mail loops")
    assert ask(tmp_path, back).back
    edit(tmp_path, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh, taichinh]")
    with pytest.raises(RefusedData) as refused:
        ask(tmp_path, back)
    assert ["fact-basis"] == [problem.rule for problem in refused.value.problems]


def test_commits_that_are_applied_together_are_judged_one_by_one(
    tmp_path: Path, servers: Servers
) -> None:
    """The policy first, in an edit of its own, then what rests on it; not both in one."""
    before = the_case(WIDENED).before()
    policy = laid(WIDENED, "Now", before) | {
        name: content
        for name, content in before.items()
        if name not in ("data/policy.yaml", "data/documents.yaml")
    }
    after = laid(WIDENED, "Now", before)
    deployed = committed(before, tmp_path)
    servers.take(read(tmp_path, ON), deployed)
    plan = ["plan", "--root", str(tmp_path), *DAY, "--base", deployed]
    for committing in (True, False):
        git(tmp_path, "reset", "-q", "--hard", deployed)
        for files in (policy, after) if committing else (after,):
            committed(files, tmp_path)
        if committing:
            assert () == ask(tmp_path).warnings
            assert 0 == main(plan)
            continue
        with pytest.raises(RefusedData, match="1 problem") as refused:
            ask(tmp_path)
        assert ["policy-first"] == [problem.rule for problem in refused.value.problems]
        assert 2 == main(plan)


@pytest.mark.parametrize(
    ("first", "then", "refused"),
    [
        ("2026-09-01", "2026-09-24", False),
        ("2026-09-01", "2026-11-20", True),
        ("2026-11-20", "2026-09-24", True),
    ],
    ids=["in its time", "too late", "dated before what it follows"],
)
def test_a_commit_is_judged_on_its_day(
    tmp_path: Path, servers: Servers, first: str, then: str, refused: bool
) -> None:
    """A lock that was entered in time may be over by the time it is applied."""
    servers.take(read(overlay.write(base(), tmp_path), ON), committed(base(), tmp_path, first))
    committed(laid(LOCKED, "Now", base()), tmp_path, then)
    if not refused:
        assert () == ask(tmp_path).warnings
        return
    with pytest.raises(RefusedData) as raised:
        ask(tmp_path)
    assert ["history-rewritten"] == [problem.rule for problem in raised.value.problems]


def wrong_and_more(root: Path) -> None:
    """Change a fact without a document, then what needs none."""
    committed(laid(ALIAS, "Now", base()), root)
    edit(root, "policy", "centre:", "quotas: {warn: [90]}\ncentre:")
    committed(overlay.read(root), root)


def unreadable_between(root: Path) -> None:
    """Change a fact while its file cannot be read by rules."""
    committed({"data/units.yaml": b"- id: [\n"}, root)
    committed(laid(ALIAS, "Now", base()), root)


def taken_out_and_in(root: Path) -> None:
    """Take a person out, and enter them anew with another past."""
    files = base()
    people = files["data/people.yaml"].decode()
    committed({**files, "data/people.yaml": without(people, "tran-thi-hoan")}, root)
    changed = people.replace("title: Kế toán", "title: Thủ quỹ")
    assert changed != people
    committed({**files, "data/people.yaml": changed.encode()}, root)


def without(text: str, record: str) -> bytes:
    """Return a file without a record."""
    before, mark, after = text.partition(f"- id: {record}\n")
    assert mark
    return (before + after[after.find("\n- id: ") + 1 :]).encode()


def invented_document(root: Path) -> None:
    """Cite a document that does not exist, for years to come, and take that out again."""
    edited = laid(ALIAS, "Now", base())
    row = b"  changes:\n    - {on: 2099-01-01, facts: [aliases], request: zz-1}\n  heads:\n"
    cited = edited["data/units.yaml"].replace(b"  heads:\n", row, 1)
    assert cited != edited["data/units.yaml"]
    committed({**edited, "data/units.yaml": cited}, root)
    committed(edited, root)


def policy_between(root: Path) -> None:
    """Let an alias come without a document, use that, and put the policy right again."""
    policy = base()["data/policy.yaml"]
    loose = {"data/policy.yaml": policy + b"\ndocuments: {without: [store, aliases]}\n"}
    committed(loose, root)
    committed(laid(ALIAS, "Now", base()) | loose, root)
    committed({"data/policy.yaml": policy}, root)


def not_committed(root: Path) -> None:
    """Change a fact without a document, not committed, after commits that are in order."""
    policy = base()["data/policy.yaml"]
    for remark in (b"# One\n", b"# Two\n"):
        committed({"data/policy.yaml": policy + remark}, root)
    overlay.write(laid(ALIAS, "Now", base()), root)


HIDING = {
    wrong_and_more: "fact-basis",
    unreadable_between: "fact-basis",
    taken_out_and_in: "history-rewritten",
    invented_document: "fact-basis",
    policy_between: "fact-basis",
    not_committed: "fact-basis",
}


@pytest.mark.parametrize(
    ("commit", "rule"), HIDING.items(), ids=lambda c: getattr(c, "__name__", "")
)
def test_no_commit_hides_another(
    tmp_path: Path, servers: Servers, commit: Callable[[Path], None], rule: str
) -> None:
    """What is wrong since the deployed commit is found, whatever came before and after."""
    deployed = committed(base(), tmp_path)
    servers.take(read(tmp_path, ON), deployed)
    commit(tmp_path)
    with pytest.raises(RefusedData) as refused:
        ask(tmp_path)
    assert rule in {problem.rule for problem in refused.value.problems}


def test_a_merge_that_drops_what_is_deployed_is_refused(tmp_path: Path, servers: Servers) -> None:
    """The deployed commit is part of it, but no step leads from there to here."""
    committed(base(), tmp_path)
    deployed = committed(laid(BY_REQUEST, "Now", base()), tmp_path)
    servers.take(read(tmp_path, ON), deployed)
    git(tmp_path, "checkout", "-q", "-b", "other", "HEAD^")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "beside")
    git(tmp_path, "merge", "-q", "-s", "ours", "-m", "without it", deployed)
    with pytest.raises(RefusedData) as refused:
        ask(tmp_path)
    assert "history-rewritten" in {problem.rule for problem in refused.value.problems}


def test_an_older_host_is_asked_for_what_is_permanent_only(
    tmp_path: Path, servers: Servers
) -> None:
    """The rest was judged when the others got the newer commit."""
    older = committed(base(), tmp_path, "2026-11-01")
    servers.take(read(tmp_path, ON), older)
    (record,) = servers.live.records.values()
    newer = committed(laid(ALIAS, "Now", base()), tmp_path, "2026-11-02")
    servers.take(read(tmp_path, ON), newer)
    servers.live = replace(servers.live, records={**servers.live.records, "spare": record})
    edit(tmp_path, "policy", "centre:", "quotas: {warn: [90]}\ncentre:")
    assert () == ask(tmp_path).warnings
