"""What is large is worked out once for the very same things, and never mixed up."""

from datetime import date

from hopthu.inventory.topology import Centre, Host
from hopthu.memoize import memoize_by_identity


def test_the_same_objects_are_asked_once() -> None:
    """Days count by what they are; everything else by which object it is."""
    asked = []

    @memoize_by_identity(2)
    def told(what: list[int], on: date) -> tuple[list[int], date]:
        asked.append((what, on))
        return what, on

    one, other = [1], [1]
    for what, day in ((one, 1), (one, 1), (other, 1), (one, 2), (other, 1)):
        assert (what, date(2026, 1, day)) == told(what, date(2026, 1, day))
    assert [(one, 1), (other, 1), (one, 2)] == [(what, on.day) for what, on in asked]


def test_only_the_last_are_kept() -> None:
    asked = []

    @memoize_by_identity(1)
    def told(what: object) -> None:
        asked.append(what)

    one, other = object(), object()
    for what in (one, other, one):
        told(what)
    assert 3 == len(asked)


def test_centres_count_by_what_they_are() -> None:
    """Each part of a run reads the inventory by itself, pyinfra's without the name of its file."""
    asked = []

    @memoize_by_identity(1)
    def told(centre: Centre) -> None:
        asked.append(centre)

    one, another = (Host(name, f"{name}.example.org", "10.0.0.1", frozenset()) for name in "ab")
    for name, host in (("lab", one), ("run", one), ("run", another)):
        told(Centre(name, (host,)))
    assert [Centre("", (one,)), Centre("", (another,))] == asked
