"""The rule on how names and titles are written (Art. 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Fault, Message
from hopthu.i18n.vietnamese import APOSTROPHES, BREVE, LETTERS, fold, same, unmarked
from hopthu.model.record_local import PERSON
from hopthu.model.timeline import Steps, text, texts, value_of
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext, exception
from hopthu.source.records import Record

_PART = rf"([{LETTERS}0-9]{BREVE}?)+"
_TOKEN = rf"\(?{_PART}(([./&–-]|[{APOSTROPHES}]){_PART})*[.{APOSTROPHES}]?\)?[,;]?"
_UNIT = re.compile(rf"(?![0-9(]){_TOKEN}( ({_TOKEN}|[&–-] {_TOKEN}))*\Z")
"""The name of a unit or the title of a post: words with single spaces and usual punctuation."""
_SIGN = r"[^\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
_PRINTED = rf"((?![^\W\d_])|(?=[{LETTERS}])){_SIGN}"
_LINE = re.compile(rf"({_PRINTED})+( ({_PRINTED})+)*\Z")
"""What is printed on one line, with single spaces."""
_SENTENCE = re.compile(rf";|[{LETTERS}]{{4}}\.(\s|\Z)")
"""What ends a sentence, or a part of one; after up to three letters a dot abbreviates."""
_SITE = re.compile(r"@|://|\bwww\.|[a-z0-9-]\.(vn|com|net|org|info|edu|gov|io)\b", re.IGNORECASE)
"""What an e-mail or web address has."""
_LETTERS = re.compile(rf"([{LETTERS}]{BREVE}?)+")


@check("plain-name")
def plain_name(facts: RuleContext) -> Iterator[Found]:
    """Report names and titles with signs, control characters or letters of other scripts."""
    foreign: list[tuple[Record, str]] = []
    for record in facts.particular:
        if record.kind != "people" or not (name := text(record.data, "name")):
            continue
        if not PERSON.match(same(name)):
            foreign.append((record, name))
            continue
        meant = " ".join(map(_as_written, same(name).split(" ")))
        if meant != same(name):
            what = Message(
                "{name} has words all in capital letters, or without one", name=shown(name)
            )
            fix = Message("write {meant}", meant=shown(meant))
            yield Found(record.at("name"), what, fix)
    yield from _of_another_language(facts, foreign)
    good: set[object] = {""}
    for record, steps, name, form in _names(facts, good):
        if name in good:
            continue
        if fault := _not_plain(name, form) or _not_a_name(name, steps[-1]):
            yield Found(record.at(*steps), *fault)
        elif "title" in steps:
            good.add(name)


_ANSWERING = tuple(("stores", "storage", "*", kept) for kept in ("replicated", "single"))
"""Who answers for how a store keeps mail."""


def _names(
    facts: RuleContext, good: set[object]
) -> Iterator[tuple[Record, Steps, str, re.Pattern[str]]]:
    """Yield what else has a name: where it stands, the name, and what it is made of.

    Whose titles are all `good` by then is left out: there are few titles, of very many posts.
    """
    kinds = tuple(("unit_kinds", kind, "name") for kind in facts.policy.unit_kinds)
    source = facts.source
    for records, paths, form in (
        (source.units, (("name",), ("short",)), _UNIT),
        ((r for r in source.people if not _all_in(r, good)), (("posts", "*", "title"),), _UNIT),
        (
            (r for r in source.documents if "outside_issuer" in r.data),
            (("outside_issuer",),),
            _LINE,
        ),
        (source.policy, (*kinds, ("lists", "*", "name")), _UNIT),
        (source.policy, (("outside_authorities", "*"), *_ANSWERING), _LINE),
    ):
        for record in records:
            for steps, name in (each for path in paths for each in texts(record, path)):
                yield record, steps, name, form


def _all_in(record: Record, good: set[object]) -> bool:
    """Tell whether the titles of a person are known, as far as the record has the right shape."""
    posts = record.data.get("posts") if record.fits else None
    return isinstance(posts, list) and good.issuperset(
        [post["title"] for post in posts if isinstance(post, dict)]
    )


def _not_plain(name: str, form: re.Pattern[str]) -> Fault:
    looked_at = same(name)
    if form.match(looked_at):
        return None
    meant = " ".join(looked_at.split())
    fix = Message("type it again, in Vietnamese letters, with single spaces between words")
    if form.match(meant):
        fix = Message("write {meant}", meant=shown(meant))
    odd = next((c for c in looked_at if c not in f" {BREVE}" and not form.match(f"a{c}a")), " ")
    if odd == " " or form.match(f"a {odd}a"):  # a sign that names may have, only not there
        return Message("{name} has a space or sign out of place", name=shown(name)), fix
    sign = f"{shown(odd)} (U+{ord(odd):04X})"
    return Message("{name} has {sign} in it", name=shown(name), sign=sign), fix


def _not_a_name(name: str, field: str | int) -> Fault:
    """Return what is wrong with a name of several words in capitals, a sentence, or an address."""
    looked_at = same(name)
    fix = Message("write only what it is called, and leave what it may do to documents")
    if _SITE.search(looked_at):
        what = Message("{title} has an e-mail or web address in it", title=shown(name))
    elif _SENTENCE.search(looked_at):
        what = Message("{title} is a sentence", title=shown(name))
    elif looked_at.isupper() and " " in looked_at and field in ("name", "title"):
        what = Message("{name} is all in capital letters", name=shown(name))
        meant = shown(looked_at.capitalize())
        fix = Message("write it as in documents, such as {meant}", meant=meant)
    else:
        return None
    return what, fix


def _as_written(word: str) -> str:
    """Return a word of a name with a capital letter where it begins, and behind a sign in it."""
    parts = (part[0].replace(BREVE, "") for part in _LETTERS.finditer(word))
    if word[:1].islower() or any(len(part) > 1 and part.isupper() for part in parts):
        return _LETTERS.sub(lambda part: part[0][:1].upper() + part[0][1:].lower(), word)
    return word


def _of_another_language(
    facts: RuleContext, written: Sequence[tuple[Record, str]]
) -> Iterator[Found]:
    """Report names in letters of another language, but where a document grants the address.

    A document grants addresses, and nothing that a name may be mistaken for.
    """
    granted: list[tuple[Record, str]] = []
    for record, name in written:
        document = exception(record) and facts.grants(record, value_of(record.data, "address"))
        if document and PERSON.match(unmarked(name)):
            granted.append((record, name))
        elif fault := _not_plain(name, PERSON):
            yield Found(record.at("name"), *fault)
    read: dict[str, dict[str, str]] = {fold(unmarked(name)): {} for _, name in granted}
    for other in facts.source.people if granted else ():
        theirs = text(other.data, "name")
        if (key := fold(unmarked(theirs))) in read:
            read[key].setdefault(same(theirs), other.id)
    for record, name in granted:
        others = {each: o for each, o in read[fold(unmarked(name))].items() if each != same(name)}
        for theirs, other_id in sorted(others.items())[:1]:
            what = Message(
                "{name} can be mistaken for {other}, who is {person}",
                name=shown(name),
                other=shown(theirs),
                person=other_id,
            )
            fix = Message("write it without the marks that Vietnamese does not have")
            yield Found(record.at("name"), what, fix)
