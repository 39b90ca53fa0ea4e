"""The catalogues of messages, gathered from the code, the rules and the schemas.

`python -m hopthu.docs` updates hopthu/locale/*.po and keeps what is translated; a test
fails while they are not current. Needs Babel, which users do not have.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from hopthu.diagnostics.problem import ERRORS, MORE, WARNINGS
from hopthu.i18n.catalogue import LANGUAGES
from hopthu.i18n.compiling import LOCALES
from hopthu.rules.registry import RULES
from hopthu.schema.registry import Fields, schema
from hopthu.source.files import KINDS

PACKAGE = Path(__file__).resolve().parents[1]
DEPLOYS = PACKAGE.parent / "deploys"
_MAKERS = ("Message", "step_name")
"""What is called with a template."""
_OF_PROGRAMMERS = (
    *("Arguments take", "Boolean option", "Could not determine", "DeprecationWarning", "Name '"),
    *("No options defined", "Unknown color", "Value must be an iterable", "Confirm the action"),
    *("Do you want to", "Show the version and exit", "%(prog)s"),
)
"""How those sentences of click begin which only a mistake in a command's definition brings."""
Message = str | tuple[str, str]


def files() -> dict[Path, str]:
    """Return what is made here, by path."""
    return {po(language): as_po(language).decode() for language in LANGUAGES[1:]}


@cache
def messages() -> Sequence[Message]:
    """Return everything to be translated, sorted."""
    found: set[Message] = {rule.why for rule in RULES} | {ERRORS, MORE, WARNINGS}
    for path in (*PACKAGE.rglob("*.py"), *DEPLOYS.glob("*.py")):
        found.update(_literals(ast.parse(path.read_text(encoding="utf-8"))))
    for path in (PACKAGE / "cli").glob("*.py"):
        found.update(_help(ast.parse(path.read_text(encoding="utf-8"))))
    found.update(_of_click())
    for kind in KINDS:
        found.update((schema(kind).title, schema(kind).what))
        found.update(_meanings(schema(kind).fields))
        found.update(_keys(schema(kind).fields) if kind != "policy" else ())
    return tuple(sorted(found, key=str))


def catalogue(language: str) -> Catalog:
    """Return the catalogue of `language` as translated so far, with today's messages.

    A message that was reworded has the translation of the old wording and the flag `fuzzy`, as
    gettext's `msgmerge` does it: whoever reworded it adapts the translation and removes the flag.
    """
    made = Catalog(locale=language)
    if po(language).exists():
        with po(language).open("rb") as file:
            made = read_po(file, locale=language)
    made.update(_template(language), update_header_comment=True)
    return made


def _template(language: str) -> Catalog:
    """Return the catalogue of today's messages with nothing translated."""
    new = Catalog(
        locale=language,
        project="hopthu",
        version="1",
        msgid_bugs_address="none",
        last_translator="hopthu maintainers",
        language_team="Vietnamese",
        header_comment="# The messages of hopthu. Edit the msgstr lines, then run\n"
        "# python -m hopthu.docs",
        fuzzy=False,
    )
    # Fixed, so that the file changes only when a message does.
    new.revision_date = new.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    for message in messages():
        new.add(message)
    return new


def po(language: str) -> Path:
    """Return where the catalogue of `language` is edited."""
    return LOCALES / language / "LC_MESSAGES" / "hopthu.po"


def as_po(language: str) -> bytes:
    """Return the catalogue of `language` as the text of its file."""
    text = io.BytesIO()
    write_po(text, catalogue(language), width=100, ignore_obsolete=True)
    return text.getvalue()


def _literals(tree: ast.AST) -> Iterator[str]:
    """Yield the templates that sentences are made from."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id in _MAKERS and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def _help(tree: ast.AST) -> Iterator[str]:
    """Yield what click prints of a module of commands: docstrings, and the help of options."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_shows_docstring, node.decorator_list)):
            yield ast.get_docstring(node) or ""
        elif isinstance(node, ast.keyword) and node.arg in ("help", "short_help"):
            yield from _constant(node.value)


def _constant(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)


def _shows_docstring(decorator: ast.expr) -> bool:
    """Return whether it makes a command whose help is the docstring."""
    if not isinstance(decorator, ast.Call) or any(k.arg == "help" for k in decorator.keywords):
        return False
    return ast.unparse(decorator.func).rpartition(".")[2] in ("command", "edit", "group")


def _of_click() -> Iterator[Message]:
    """Yield click's own sentences that a user can see; it takes them from gettext."""
    folder = Path(click.__file__).parent
    for name in ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types"):
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
                if any(text.startswith(_OF_PROGRAMMERS) for text in texts):
                    continue
                if node.func.id == "_" and texts:
                    yield texts[0]
                elif node.func.id == "ngettext" and len(texts) > 1:
                    yield texts[0], texts[1]
    yield "required"  # translated from a variable, behind options that have to be given


def _keys(fields: Fields) -> Iterator[str]:
    """Yield the keys of records: plans say them in every language."""
    for name, rules in fields.items():
        yield name
        rows = rules["schema"] if rules.get("type") == "list" else rules
        yield from _keys(rows["schema"] if rows.get("type") == "dict" else {})


def _meanings(fields: Fields) -> Iterator[str]:
    """Yield what the fields of a schema mean, and what to do with values outside their list."""
    for rules in fields.values():
        yield from _meanings_of(rules)


def _meanings_of(rules: Fields) -> Iterator[str]:
    meta = rules.get("meta", {})
    yield from (meta[key] for key in ("what", "otherwise") if key in meta)
    if "valuesrules" in rules:
        yield from _meanings_of(rules["valuesrules"])
    if rules.get("type") == "list":
        yield from _meanings_of(rules["schema"])
    elif "schema" in rules:
        yield from _meanings(rules["schema"])
