"""The documents that pages name in commands are ones on which these commands go through."""

import shlex
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from hopthu.credentials.basis import basis
from hopthu.desired.mailbox import Mailbox
from hopthu.desired.state import desired
from hopthu.validate import Loaded, read
from pages import sections

ROOT = Path(__file__).parents[2]
DAY = date(2026, 12, 1)
WHO_SIGNS_IN = ("restore", "credential", "archive")
"""Commands on a document by who may decide on the sign-in of those they concern."""


def fences(page: Path, language: str) -> list[str]:
    return [f.text for each in sections(page) for f in each.fences if f.language == language]


def cited() -> Iterator[tuple[Path, str, list[str]]]:
    """Yield each command that cites a document: its page, the document, and all its words.

    In a lab there are those that README.md adds.
    """
    for page in sorted(ROOT.glob("docs/*.md")):
        values: dict[str, str] = {}
        for line in "\n".join(fences(page, "sh")).splitlines():
            words = shlex.split(line, comments=True) if "--basis" in line else []
            if line.startswith("document="):
                values["$document"] = line.partition("=")[2].split()[0]
            elif "hopthu" in words and "lab" not in words:
                if words[words.index("hopthu") + 1] not in WHO_SIGNS_IN:
                    continue
                document = words[words.index("--basis") + 1].rstrip(";")
                yield page, values.get(document, document), words


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The shipped data, with the record that a page tells one to add."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copytree(ROOT / "data", folder / "data")
    (record,) = fences(ROOT / "docs/lost-centre.md", "yaml")
    with (folder / "data/documents.yaml").open("a", encoding="utf-8") as file:
        file.write(record)
    return read(folder, DAY)


@pytest.fixture(scope="module")
def mailboxes(loaded: Loaded) -> tuple[Mailbox, ...]:
    return tuple(desired(loaded.organisation, loaded.policy, DAY).mailboxes)


@pytest.mark.parametrize(
    ("page", "document", "words"), [pytest.param(*c, id=f"{c[0].stem}:{c[1]}") for c in cited()]
)
def test_a_document_serves_for_whom_the_command_concerns(
    page: Path, document: str, words: list[str], loaded: Loaded, mailboxes: tuple[Mailbox, ...]
) -> None:
    """Those it names; everybody if it names nobody."""
    named = [each for each in mailboxes if each.id in words]
    assert document == basis(loaded, DAY, document, named or mailboxes).id, page
