"""The catalogues of what `check` says: gathered from the code, the rules and the schemas.

`python -m hopthu.docs.messages` brings hopthu/locale/*.po up to date, keeping what is translated,
and compiles them; a test fails while they are not current. Needs Babel, which users do not.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from hopthu.diagnostics.problem import ERRORS, MORE, WARNINGS
from hopthu.i18n.catalogue import LANGUAGES, LOCALES
from hopthu.rules.registry import RULES
from hopthu.schema.registry import Fields, schema
from hopthu.source.files import KINDS

PACKAGE = Path(__file__).resolve().parents[1]
Message = str | tuple[str, str]


def messages() -> list[Message]:
    """Return everything to be translated, sorted."""
    found: set[Message] = {rule.why for rule in RULES} | {ERRORS, MORE, WARNINGS}
    for path in PACKAGE.rglob("*.py"):
        found.update(_literals(ast.parse(path.read_text(encoding="utf-8"))))
    for kind in KINDS:
        found.update(_meanings(schema(kind).fields))
    return sorted(found, key=str)


def catalogue(language: str) -> Catalog:
    """Return the catalogue of `language` as translated so far, with today's messages."""
    path = po(language)
    old = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            old = read_po(file, locale=language)
    new = Catalog(
        locale=language,
        project="hopthu",
        version="1",
        msgid_bugs_address="none",
        last_translator="hopthu maintainers",
        language_team="Vietnamese",
        header_comment="# What `hopthu check` says. Edit the msgstr lines, then run\n"
        "# python -m hopthu.docs.messages",
        fuzzy=False,
    )
    # Fixed, so that the file changes only when a message does.
    new.revision_date = new.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    for message in messages():
        known = old.get(message if isinstance(message, str) else message[0])
        new.add(message, known.string if known else None)
    return new


def po(language: str) -> Path:
    """Return where the catalogue of `language` is edited."""
    return LOCALES / language / "LC_MESSAGES" / "hopthu.po"


def written(language: str) -> tuple[bytes, bytes]:
    """Return the catalogue of `language` as text and compiled."""
    made = catalogue(language)
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, made, width=100, omit_header=False)
    write_mo(compiled, made)
    return text.getvalue(), compiled.getvalue()


def _literals(tree: ast.AST) -> Iterator[str]:
    """Yield the templates that sentences are made from."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id == "Message" and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def _meanings(fields: Fields) -> Iterator[str]:
    """Yield what the fields of a schema mean: `check` gives it as the reason."""
    for rules in fields.values():
        yield from _meanings_of(rules)


def _meanings_of(rules: Fields) -> Iterator[str]:
    if "what" in rules.get("meta", {}):
        yield rules["meta"]["what"]
    if "valuesrules" in rules:
        yield from _meanings_of(rules["valuesrules"])
    if rules.get("type") == "list":
        yield from _meanings_of(rules["schema"])
    elif "schema" in rules:
        yield from _meanings(rules["schema"])


if __name__ == "__main__":
    for language in LANGUAGES[1:]:
        text, compiled = written(language)
        po(language).parent.mkdir(parents=True, exist_ok=True)
        po(language).write_bytes(text)
        po(language).with_suffix(".mo").write_bytes(compiled)
