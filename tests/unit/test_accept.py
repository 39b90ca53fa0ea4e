"""`pytest --accept`: what is found is written over what is expected, and nothing else."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import rule_pages
from rule_pages import Case, cases

TESTS = Path(__file__).parents[1]
PAGE = """\
# a-rule (Art. 4)

What it means.

## First

```yaml title="data/a.yaml"
- id: a
```

```text
old
```

Prose stays.

## Second

```yaml title="data/a.yaml"
- id: b
```

## Near miss: third

```yaml title="data/a.yaml"
- id: c
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Return a page of a rule."""
    path = tmp_path / "a-rule.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def of(page: Path) -> list[Case]:
    return list(cases(page))


def test_the_text_of_a_case_is_written_anew(page: Path) -> None:
    """Between its fences; a case that has none yet gets a block of its own."""
    first, second, _ = of(page)
    rule_pages.accept(first, "new\nin two lines\n")
    rule_pages.accept(second, "more\n")
    expected = PAGE.replace("old\n", "new\nin two lines\n")
    expected = expected.replace("- id: b\n```\n", "- id: b\n```\n\n```text\nmore\n```\n")
    assert expected == page.read_text(encoding="utf-8")
    assert ["new\nin two lines\n", "more\n"] == [case.text() for case in of(page)[:2]]


def test_a_near_miss_never_gains_a_problem(page: Path) -> None:
    """It would be none any more, and nobody would notice."""
    with pytest.raises(AssertionError, match="near miss"):
        rule_pages.accept(of(page)[2], "1 error.\n")
    assert PAGE == page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "environment", "why"),
    [
        ({"accept": True}, {"CI": "true"}, "not for CI"),
        ({"accept": True, "numprocesses": 2}, {}, "leave -n out"),
    ],
)
def test_it_is_refused(
    options: dict[str, object],
    environment: dict[str, str],
    why: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nobody reads the diff, and where two processes would write one page."""
    plugin = request.config.pluginmanager.get_plugin(str(TESTS / "conftest.py"))
    monkeypatch.delenv("CI", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(pytest.UsageError, match=why):
        plugin.pytest_configure(asked(options))


def test_else_it_is_taken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """By one process, at home; in CI all that does not ask for it runs as ever."""
    plugin = request.config.pluginmanager.get_plugin(str(TESTS / "conftest.py"))
    monkeypatch.delenv("CI", raising=False)
    plugin.pytest_configure(asked({"accept": True}))
    monkeypatch.setenv("CI", "true")
    plugin.pytest_configure(asked({}))


def asked(options: dict[str, object]) -> SimpleNamespace:
    """Return a configuration with these options."""
    return SimpleNamespace(getoption=lambda name, default=None: options.get(name, default))
