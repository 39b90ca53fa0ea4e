"""The table of the slowest tests."""

from times import HEAD, KEPT, merged


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
