"""Edits of policy, records and files from one base have one plan each, whatever they combine."""

import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

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


TWEAKS: list[Tweak] = [
    ("data/policy.yaml", more("quotas: {warn: [90]}\n")),
    ("data/policy.yaml", more("dns: {dkim_selector: hopthu}\n")),
    ("data/policy.yaml", more("# as decided\n")),
    ("data/policy.yaml", 0o755),
    ("data/people.yaml", above("# yaml-language-server: $schema=x.json\n")),
    ("data/people.yaml", lambda old: old.replace("\n- id", "\n\n- id", 1)),
    ("data/people.yaml", 0o755),
    ("data/documents.yaml", more(DOCUMENT.format(1, ""))),
    ("data/documents.yaml", more(DOCUMENT.format(2, ""))),
    ("data/documents.yaml", more(DOCUMENT.format(2, "  # signed"))),
    ("data/documents.yaml", above("# all\n")),
    ("data/expectations.yaml", more(EXPECTED)),
    ("data/expectations.yaml", more(EXPECTED.replace("01-01", "02-01"))),
    ("data/expectations.yaml", above("# expected\n")),
    ("Makefile", more("all:\n")),
    ("Makefile", 0o755),
    ("templates/postfix/main.cf.j2", more("x\n")),
    (".github/workflows/a: removed", more("x\n")),
]
SOME = st.sets(st.integers(0, len(TWEAKS) - 1), max_size=4)


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


def files(root: Path, tweaks: set[int]) -> dict[str, tuple[str, int]]:
    """Edit the files, and return their texts and modes."""
    git(root, "reset", "-q", "--hard")
    for number in sorted(tweaks):
        name, tweak = TWEAKS[number]
        path = root / name
        if isinstance(tweak, int):
            path.chmod(tweak)
        else:
            path.write_text(tweak(path.read_text().replace("[]\n", "")))
    return {name: ((root / name).read_text(), (root / name).stat().st_mode) for name, _ in TWEAKS}


@pytest.mark.slow
def test_two_edits_that_differ_in_files_read_differently(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every format and language, without the line of the checksum."""

    def texts() -> list[str]:
        found = []
        for language, form in product(LANGUAGES, ("text", "markdown", "json")):
            arguments = ["--root", str(root), "--on", "2026-07-15", "--lang", language]
            assert 0 == main(["plan", *arguments, "--format", form])
            text = click.unstyle(capsys.readouterr().out)
            found.append(CHECKSUM.sub("", re.sub(r'"checksum": .*', "", text)))
        return found

    @given(SOME, SOME)
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def tried(one: set[int], other: set[int]) -> None:
        left = files(root, one), texts()
        right = files(root, other), texts()
        assume(left[0] != right[0])
        assert [] == [a for a, b in zip(left[1], right[1], strict=True) if a == b]

    tried()
