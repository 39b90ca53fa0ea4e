"""docs/regulation.md: article → requirement → what meets it → how that is proved → status.

Made from requirements.yaml beside this file and the rule book; `python -m hopthu.docs`
writes it, and a test fails while it is not current.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from hopthu.model.articles import ARTICLES
from hopthu.model.fields import made
from hopthu.rules.registry import RULES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "regulation.md"
_SOURCE = Path(__file__).with_name("requirements.yaml")

_HEAD = """\
# The regulation, row by row

<!-- Made by `python -m hopthu.docs` from hopthu/docs/requirements.yaml; edit that. -->

What Decision 824/2005/QĐ-UB asks of the software, in our words. A row is *done* when something
enforces it and something proves it: every rule has a page in `tests/rules/`, with cases that
break it and near misses; every probe of `hopthu verify` tries the service with real mail.
*Partly* and *open* rows say what is missing. Rows of later laws, at the end, are of those that are
known to bear on mail; whether others do was not established.
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row: a requirement, what meets and proves it, and its status.

    `law` is a later law that asks for it, where the regulation, of 2005, does not.
    """

    id: str
    articles: tuple[str, ...]
    requirement: str
    status: Literal["done", "partly", "open"]
    rules: tuple[str, ...] = ()
    daemons: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    missing: str = ""
    law: str = ""


def requirements() -> tuple[Requirement, ...]:
    """Return every row, in the order of the articles as the file has them."""
    rows: list[dict[str, Any]] = yaml.safe_load(_SOURCE.read_text(encoding="utf-8"))
    return tuple(made(Requirement, row) for row in rows)


def files() -> dict[Path, str]:
    """Return what is made here, by path."""
    return {PAGE: page()}


def page() -> str:
    """Return the page as it should stand in docs/."""
    rows = requirements()
    found = Counter(row.status for row in rows)
    counts = f"{found['done']} done, {found['partly']} partly, {found['open']} open.\n"
    return "\n".join([_HEAD, counts, *_table(rows), "", *_rules(rows)]) + "\n"


def _table(rows: tuple[Requirement, ...]) -> Iterator[str]:
    yield "| article | id | requirement | met by | proved by | status |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        met = [*_linked(row.rules), *(f"hopthu/daemons/{name}.py" for name in row.daemons)]
        met += [f"`hopthu {name}`" for name in row.commands]
        proved = [*(f"probe `{name}`" for name in row.probes), *row.tests]
        proved += ["cases of each rule"] if row.rules else []
        status = f"{row.status}: {row.missing}" if row.missing else row.status
        cells = (", ".join(row.articles) or row.law, f"`{row.id}`", row.requirement)
        yield _row(*cells, ", ".join(met) or "–", ", ".join(proved) or "–", status)


def _rules(rows: tuple[Requirement, ...]) -> Iterator[str]:
    yield "## The rules"
    yield ""
    yield "| rule | article | severity | serves |"
    yield "|---|---|---|---|"
    for rule in RULES:
        served = ", ".join(f"`{row.id}`" for row in rows if rule.id in row.rules)
        cited = f"{rule.article} ({ARTICLES[rule.article]})"
        yield _row(f"[`{rule.id}`](../tests/rules/{rule.id}.md)", cited, rule.severity, served)


def _linked(rules: tuple[str, ...]) -> Iterator[str]:
    return (f"[`{name}`](../tests/rules/{name}.md)" for name in rules)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
