"""Edits of policy, records and files from one base have one plan each, whatever they combine."""

import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path

import click
import pytest

from hopthu.cli import main
from hopthu.i18n.catalogue import LANGUAGES

BASE = Path(__file__).parents[1] / "rules" / "base" / "data"
WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
CHECKSUM = re.compile(r".*(checksum|mã kiểm tra) .*")
DOCUMENT = (
    "- {{id: qd-9{0}-ubnd-2026, kind: decision, number: 9{0}/QĐ-UBND, issuer: ubnd-tinh, "
    "date: 2026-07-03}}{1}\n"
)
EXPECTED = "- {on: 2027-01-01, mail: {to: stc, leads_to: so-tai-chinh}}\n"
Tweak = tuple[str, Callable[[str], str] | int]
"""A file, and its text or mode after an edit of it."""


def more(text: str) -> Callable[[str], str]:
    return lambda old: old + text


def above(text: str) -> Callable[[str], str]:
    return lambda old: text + old


def turned(old: str) -> str:
    first, *rest = old.splitlines(keepends=True)
    return "".join([*rest, first])


TWEAKS: list[Tweak] = [
    ("data/policy.yaml", more("quotas: {warn: [90]}\n")),
    ("data/policy.yaml", more("dns: {dkim_selector: hopthu}\n")),
    ("data/documents.yaml", more(DOCUMENT.format(1, ""))),
    ("data/documents.yaml", more(DOCUMENT.format(2, ""))),
    ("data/expectations.yaml", more(EXPECTED)),
    ("data/expectations.yaml", more(EXPECTED.replace("01-01", "02-01"))),
    ("data/policy.yaml", more("# as decided\n")),
    ("data/policy.yaml", 0o755),
    ("data/people.yaml", above("# yaml-language-server: $schema=x.json\n")),
    ("data/people.yaml", lambda old: old.replace("\n- id", "\n\n- id", 1)),
    ("data/people.yaml", 0o755),
    ("data/documents.yaml", lambda old: old.rstrip("\n") + "  # signed\n"),
    ("data/documents.yaml", lambda old: old.replace("{id:", "{ id:", 1)),
    ("data/documents.yaml", above("# all\n")),
    ("data/documents.yaml", turned),
    ("data/documents.yaml", 0o755),
    ("data/expectations.yaml", above("# expected\n")),
    ("Makefile", more("all:\n")),
    ("Makefile", 0o755),
    ("templates/postfix/main.cf.j2", more("x\n")),
    (".github/workflows/a: removed", more("x\n")),
]
OF_RECORDS = {*range(6)}
"""The first of them are edits of records and keys."""


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *WHO, *arguments], check=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of a province."""
    folder = tmp_path_factory.mktemp("province")
    shutil.copytree(BASE, folder / "data")
    (folder / "data" / "expectations.yaml").write_text("[]\n")
    for name, _ in TWEAKS:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "base"]):
        git(folder, *command)
    return folder


def edit(root: Path, tweaks: set[int]) -> None:
    """Edit the files from where they were."""
    git(root, "reset", "-q", "--hard")
    for number in sorted(tweaks):
        name, tweak = TWEAKS[number]
        path = root / name
        if isinstance(tweak, int):
            path.chmod(tweak)
        else:
            path.write_text(tweak(path.read_text().replace("[]\n", "")))


@pytest.mark.slow
def test_two_edits_that_differ_in_files_read_differently(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every format and language, without the checksum: each edit alone, and beside records."""

    def texts(tweaks: set[int]) -> list[str]:
        edit(root, tweaks)
        found = []
        for language, form in product(LANGUAGES, ("text", "markdown", "json")):
            arguments = ["--root", str(root), "--on", "2026-07-15", "--lang", language]
            assert 0 == main(["plan", *arguments, "--format", form])
            text = click.unstyle(capsys.readouterr().out)
            found.append(CHECKSUM.sub("", re.sub(r'"checksum": .*', "", text)))
        return found

    nothing, all_records = texts(set()), texts(OF_RECORDS)
    for number, (name, _) in enumerate(TWEAKS):
        beside = texts(OF_RECORDS ^ {number})
        for one, other in ((nothing, texts({number})), (all_records, beside)):
            assert [] == [name for a, b in zip(one, other, strict=True) if a == b]
