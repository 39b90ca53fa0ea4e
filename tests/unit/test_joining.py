"""Messages joined into one keep their translations."""

import pytest

from hopthu.i18n.catalogue import translate
from hopthu.i18n.joining import joined, some, some_lines
from hopthu.i18n.message import Message


def test_each_part_is_translated() -> None:
    """Plain text, such as a host's name, stays as it is."""
    text = joined([Message("no answer"), "dir1", Message("the connection was lost")], "\n")
    assert "no answer\ndir1\nthe connection was lost" == text
    assert "không trả lời\ndir1\nmất kết nối" == translate(text, "vi")
    assert "dir1 hoặc dir2" == translate(joined(["dir1", "dir2"], Message(" or ")), "vi")


def test_a_single_part_is_the_message() -> None:
    assert "không trả lời" == translate(joined([Message("no answer")], ", "), "vi")
    with pytest.raises(ValueError, match="not enough values"):
        joined([], ", ")


def test_long_lists_are_cut() -> None:
    """The rest is counted."""
    assert "a, b" == some(["a", "b"], 2)
    assert "a, b and 3 more" == some([*"abcde"], 2)
    assert "a, b và 3 mục khác" == translate(some([*"abcde"], 2), "vi")


def test_many_lines_are_cut() -> None:
    """So that thousands neither fill the terminal nor take longer than a few."""
    assert "a\nb" == some_lines(["a", "b"], 2)
    assert "a\nb\nand 3 more" == some_lines([*"abcde"], 2)
    text = some_lines([Message("no answer")] * 5000, 2)
    assert "không trả lời\nkhông trả lời\nvà 4998 vấn đề nữa" == translate(text, "vi")


def test_a_list_of_any_length_can_be_translated() -> None:
    """A policy may list 10,000 domains, and a document 1,000 units."""
    items = [Message("yes"), *map(str, range(10_000)), Message("no")]
    text = translate(joined(items, ", "), "vi")
    assert ["có", *map(str, range(10_000)), "không"] == text.split(", ")
