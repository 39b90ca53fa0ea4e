"""The table of the slowest tests, and the order in which tests run."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from times import HEAD, KEPT, in_turns, merged


def test_runs_add_up_to_one_table() -> None:
    """Slowest first; a test that ran again has its new time."""
    before = f"{HEAD}9.0\ta.py::test_a\n3.0\tb.py::test_b\n"
    after = merged(before, {"b.py::test_b": 12.04, "c.py::test_c[x]": 9.0})
    assert f"{HEAD}12.0\tb.py::test_b\n9.0\ta.py::test_a\n9.0\tc.py::test_c[x]\n" == after


def test_only_the_slowest_are_kept() -> None:
    """And the first run begins a table."""
    rows = merged("", {f"a.py::test_{n}": n for n in range(100)}).splitlines()
    assert KEPT + 1 == len(rows)
    assert "99.0\ta.py::test_99" == rows[1]


def test_the_order_of_tests() -> None:
    """A lab, properties, labs from bare hosts, labs from a snapshot, units; modules stay whole."""

    def item(name: str, *fixtures: str) -> Any:
        path, marker = Path("tests", name), name.startswith("lab") or None
        return SimpleNamespace(
            path=path, fixturenames=fixtures, get_closest_marker=lambda _, found=marker: found
        )

    names = ["lab/kept.py", "lab/first.py", "lab/kept.py", "lab/bare.py", "property/x.py"]
    items = [item("unit/a.py"), item(names[0], "snapshots"), *map(item, names[1:])]
    expected = ["lab/first.py", "property/x.py", "lab/bare.py", *[names[0]] * 2, "unit/a.py"]
    found = in_turns(cast("list[Any]", items))
    assert expected == [str(item.path.relative_to("tests")) for item in found]
