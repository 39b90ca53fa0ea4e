"""What is large is worked out once for the very same things, and never mixed up."""

from datetime import date

import pytest

from hopthu.inventory.topology import Centre, Host
from hopthu.memoize import memoize_by_identity


def test_the_function_runs_once_for_the_same_objects() -> None:
    """Days count by what they are; everything else by which object it is."""
    calls = []

    @memoize_by_identity(2)
    def function(what: list[int], on: date) -> tuple[list[int], date]:
        calls.append((what, on))
        return what, on

    one, other = [1], [1]
    for what, day in ((one, 1), (one, 1), (other, 1), (one, 2), (other, 1)):
        assert (what, date(2026, 1, day)) == function(what, date(2026, 1, day))
    assert [(one, 1), (other, 1), (one, 2)] == [(what, on.day) for what, on in calls]


def test_only_the_last_results_are_kept() -> None:
    calls = []

    @memoize_by_identity(1)
    def function(what: object) -> None:
        calls.append(what)

    one, other = object(), object()
    for what in (one, other, one):
        function(what)
    assert 3 == len(calls)


def test_centres_are_compared_by_value() -> None:
    """Each part of a run reads the inventory by itself, pyinfra's without the name of its file."""
    calls = []

    @memoize_by_identity(1)
    def function(centre: Centre) -> None:
        calls.append(centre)

    one, another = (Host(name, f"{name}.example.org", "10.0.0.1", frozenset()) for name in "ab")
    for name, host in (("lab", one), ("run", one), ("run", another)):
        function(Centre(name, (host,)))
    assert [Centre("", (one,)), Centre("", (another,))] == calls


def test_arguments_by_name_are_refused() -> None:
    """Two calls that differ in the names of their arguments can never share a result."""

    @memoize_by_identity(1)
    def function(one: str = "", other: str = "") -> str:
        return one or f"not {other}"

    assert "a" == function("a", "")
    with pytest.raises(TypeError, match="other"):
        function(other="a")  # type: ignore[call-arg]
