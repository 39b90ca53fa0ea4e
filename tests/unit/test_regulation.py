"""docs/regulation.md says what is there, and nothing that is not."""

import pytest

from hopthu.cli import COMMANDS
from hopthu.diagnostics.rule import Rule
from hopthu.docs.regulation import PAGE, ROOT, Requirement, page, requirements
from hopthu.i18n.catalogue import catalogue
from hopthu.model.articles import ARTICLES
from hopthu.rules.registry import RULES
from hopthu.verify.catalogue import PROBES
from rule_pages import RULES as PAGES
from rule_pages import cases

ROWS = requirements()
# What Decision 824/2005/QĐ-UB requires, by the ids everybody uses; none may go missing.
REQUIRED = [
    "access-rights",
    "antispam",
    "antivirus",
    "budget",
    "by-request",
    "confidential",
    "continuous",
    "guidance",
    "head-manages",
    "heads-implement",
    "in-centre",
    "issue-credentials",
    "left",
    "moved",
    "networks",
    "no-free-mail",
    "no-own-servers",
    "no-private-mail",
    "no-sharing",
    "officials-only",
    "on-authority",
    "one-delegate",
    "one-domain",
    "one-unit-mailbox",
    "operator-only",
    "outbound-abuse",
    "own-mail",
    "participation",
    "proper-use",
    "recruited",
    "registered",
    "report-faults",
    "report-misuse",
    "reset",
    "sender-is-login",
    "storage-regime",
    "timely",
    "two-kinds",
    "unique-address",
    "unit-broadcast",
    "unit-created",
    "unit-dissolved",
    "unit-merged",
    "unit-naming",
    "unit-regulation",
    "who-wrote",
]


def test_the_page_is_current() -> None:
    """`python -m hopthu.docs` would change nothing."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_no_requirement_is_missing() -> None:
    """And none stands there twice."""
    ids = [row.id for row in ROWS]
    assert len(ids) == len(set(ids))
    assert [] == sorted(set(REQUIRED) - set(ids))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_cites_only_what_exists(row: Requirement) -> None:
    """Articles or a later law, rules, daemons, probes and tests; what is missing is said."""
    assert set(row.articles) <= set(ARTICLES)
    assert bool(row.articles) != bool(row.law)
    assert set(row.rules) <= {rule.id for rule in RULES}
    assert set(row.probes) <= {probe.id for probe in PROBES}
    assert [] == [
        name for name in row.daemons if not (ROOT / "hopthu" / "daemons" / f"{name}.py").is_file()
    ]
    assert [] == [name for name in row.tests if not (ROOT / name).is_file()]
    assert set(row.commands) <= COMMANDS.keys()
    assert row.status in ("done", "partly", "open")
    assert (row.status == "done") == (not row.missing)
    if row.status == "done":
        assert row.rules or row.daemons or row.commands
        assert row.rules or row.probes or row.tests


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_row_an_article_cases_and_vietnamese(rule: Rule) -> None:
    """All five, or it is not finished."""
    assert [row.id for row in ROWS if rule.id in row.rules]
    assert rule.article in ARTICLES
    assert {True, False} == {case.near_miss for case in cases(PAGES / f"{rule.id}.md")}
    assert rule.why != catalogue("vi").gettext(rule.why)


def test_a_probe_proves_what_a_row_requires() -> None:
    """Each of them: what nobody asked for is not tried on people's servers."""
    assert {probe.id for probe in PROBES} == {probe for row in ROWS for probe in row.probes}


def test_tests_of_lists_stand_with_their_requirement() -> None:
    """A new one has to be named: docs/regulation.md is what a reviewer goes by."""
    (row,) = (each for each in ROWS if each.id == "adopted-list")
    kinds = ("import*", "list_*", "reconcile")
    there = {
        str(path.relative_to(ROOT))
        for kind in kinds
        for path in (ROOT / "tests/unit").glob(f"test_{kind}.py")
    }
    assert there == set(row.tests)
