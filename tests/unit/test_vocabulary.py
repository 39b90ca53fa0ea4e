"""One word for each concept, in whatever users read: messages, help and documents."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from test_help import gathered

from hopthu.docs.glossary import PAGE, Glossary, glossary
from hopthu.docs.messages import catalogue
from vocabulary import Finding, Language, findings

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")})
NOT_LOOKED_AT = {PAGE, ROOT / "CHANGELOG.md"}
VIETNAMESE = {
    *(ROOT / name for name in ("README.vi.md", "docs/index.vi.md", "docs/danh-ba.md")),
    ROOT / "docs/thong-bao-vang-mat.md",
    ROOT / "docs/bao-cao-thu-la.md",
    *ROOT.glob("docs/cookbook/vi/*.md"),
}
"""Pages for those who use the mail, or keep its records."""


Sentence = tuple[str, str, Language]


@cache
def sentences() -> Sequence[Sentence]:
    """Return where each sentence or page stands, its text and its language."""
    return tuple(written())


def written() -> Iterator[Sentence]:
    """Yield the sentences, read anew."""
    for message in catalogue("vi"):
        english = message.id if isinstance(message.id, str) else " ".join(message.id)
        vietnamese = message.string or ""  # none if nobody has translated it
        vietnamese = vietnamese if isinstance(vietnamese, str) else vietnamese[0]
        if english:
            yield "message", english, "en"
            yield f"translation of {english!r}", vietnamese, "vi"
    for command, (_, texts) in gathered().items():
        for text in texts:
            yield f"help of {command}", text, "en"
    for path in PAGES:
        if path not in NOT_LOOKED_AT:
            language: Language = "vi" if path in VIETNAMESE else "en"
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"), language
    for concept in glossary().concepts:
        yield f"meaning of {concept.term}", concept.meaning, "en"
        yield f"meaning of {concept.term}", concept.meaning_vietnamese, "vi"


def complaint(place: str, text: str, language: Language) -> str:
    """Return what is wrong with the words of a sentence, empty if nothing is."""
    found = [f"{each.found!r}, write {each.use!r}" for each in findings(text, language)]
    shown = text if len(text) < 200 else ""
    return f"{place}: {shown}: {'; '.join(found)}" if found else ""


def test_every_sentence_keeps_to_the_glossary() -> None:
    """A failure names the sentence and the term to use."""
    assert [] == [found for each in sentences() if (found := complaint(*each))]


def test_all_kinds_of_text_are_looked_at() -> None:
    """Else the test above would pass by reading nothing."""
    places = [place for place, _, _ in sentences()]
    assert len([place for place in places if place.startswith("translation")]) > 500
    assert "help of cli apply" in places
    assert {"README.md", "docs/plan.md", "docs/decisions/guards.md"} <= set(places)
    assert {path.relative_to(ROOT).as_posix() for path in VIETNAMESE} <= set(places)


@pytest.mark.parametrize(
    ("text", "language", "found", "use"),
    [
        ("The firewall is loaded.", "en", "firewall", "packet filter"),
        ("Two Firewalls", "en", "firewall", "packet filter"),
        ("nạp lại bộ lọc gói tin", "vi", "bộ lọc gói tin", "tường lửa"),
        ("Nạp lại chứng thư", "vi", "chứng thư", "chứng thư số"),
        ("chứng thư của chứng thư số", "vi", "chứng thư", "chứng thư số"),
        ("một kho lưu khác", "vi", "kho lưu", "kho thư"),
        ("một\nkho\nlưu khác", "vi", "kho lưu", "kho thư"),
    ],
)
def test_a_word_not_to_use_is_found(text: str, language: Language, found: str, use: str) -> None:
    """In any case, in the plural, over the end of a line, with the term to use."""
    assert [Finding(found, use)] == list(findings(text, language))
    assert f"here: {text}: {found!r}, write {use!r}" == complaint("here", text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The packet filter is loaded.", "en"),
        ("chứng thư số", "vi"),
        ("kho lưu trữ", "vi"),
        ("run `firewall --list`, {firewall}", "en"),
        ("```\nfirewall\n```\n[rules](firewall.md) <!-- firewall -->", "en"),
        ("firewalled", "vi"),
    ],
)
def test_terms_and_code_are_left_alone(text: str, language: Language) -> None:
    """A shorter word in a longer term, code, link targets, values, the other language."""
    assert [] == list(findings(text, language))


def test_no_term_is_a_word_not_to_use() -> None:
    """Nor named twice; one word is not avoided in favour of two."""
    made: Glossary = glossary()
    for kept, avoided in (
        ([c.term for c in made.concepts], [w for c in made.concepts for w in c.avoid]),
        (
            [c.vietnamese for c in made.concepts],
            [w for c in made.concepts for w in c.avoid_vietnamese],
        ),
    ):
        assert len(kept) == len(set(kept))
        assert len(avoided) == len(set(avoided))
        assert not set(kept) & set(avoided)
    assert len(made.concepts) >= 30
