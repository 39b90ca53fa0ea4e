"""Which letters are made of the words of a name."""

from itertools import permutations, product
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st

from hopthu.rules.names.profile import spent

PARTS = st.lists(st.sampled_from(["a", "an", "ana", "b", "ba", "n"]), max_size=4)


def in_any_order(letters: str, parts: list[str]) -> bool:
    """Try every order of every choice."""
    return any(
        letters == "".join(pieces)
        for number in range(len(parts) + 1)
        for chosen in permutations(parts, number)
        for pieces in product(*((part, part[0]) for part in chosen))
    )


@given(st.text(st.sampled_from("abn"), max_size=7), PARTS)
@settings(max_examples=300)
def test_spent_tells_what_trying_every_order_tells(letters: str, parts: list[str]) -> None:
    """Each part once, whole or by its initial."""
    assert spent(letters, parts) == in_any_order(letters, parts)


def test_names_of_many_words_alike_are_judged_at_once() -> None:
    """Nine words alike, and an alias that they do not make: every order is as wrong."""
    started = process_time()
    assert not spent("a" * 9 + "z", ["a"] * 12)
    assert not spent("a" * 63 + "z", ["a" * number for number in range(1, 13)])
    assert spent("a" * 64, ["a" * number for number in range(1, 13)])
    assert process_time() - started < 1
