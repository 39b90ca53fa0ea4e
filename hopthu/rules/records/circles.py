"""Find cycles in a directed graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Onward = Mapping[str, Sequence[str]]


def in_circles(onward: Onward) -> set[str]:
    """Return the keys of `onward` from which there is a way back to themselves.

    Those are the strongly connected parts of more than one, and what leads to itself; found by two
    walks over all (Kosaraju), so in linear time, however long a way is.
    """
    back: dict[str, list[str]] = {}
    for key, named in onward.items():
        for each in named:
            back.setdefault(each, []).append(key)
    found = {key for key, named in onward.items() if key in named}
    seen: set[str] = set()
    left = [key for start in onward for key in _walk(start, onward, seen)]
    seen = set()
    for start in reversed(left):
        part = list(_walk(start, back, seen))
        if len(part) > 1:
            found.update(part)
    return found


def _walk(start: str, onward: Onward, seen: set[str]) -> Iterator[str]:
    """Yield what `start` leads to and was not `seen`, each when all beyond it was yielded."""
    if start in seen:
        return
    seen.add(start)
    way = [(start, iter(onward.get(start, ())))]
    while way:
        here, ahead = way[-1]
        step = next((each for each in ahead if each not in seen), None)
        if step is None:
            way.pop()
            yield here
        else:
            seen.add(step)
            way.append((step, iter(onward.get(step, ()))))
