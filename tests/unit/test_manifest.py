"""A manifest finds every difference of a mailbox: a flag, a byte, a folder, a date."""

import pytest

from hopthu.remote.host.manifest import Message, differences

ONE: Message = ["INBOX", "1", "g1", "2026-01-02 03:04:05", "\\Seen", "10", "aa", "<1@x>"]
TWO: Message = ["Đơn từ/2026", "1", "g2", "2026-01-02 03:04:05", "", "10", "bb", ""]


def again(message: Message, **changes: str) -> Message:
    """Return a message as it comes back, with another UID."""
    names = ("folder", "uid", "guid", "date", "flags", "size", "digest", "id")
    found = dict(zip(names, message, strict=True)) | {"uid": "77"} | changes
    return [*found.values()]


def test_the_same_messages_differ_in_nothing() -> None:
    """UIDs are new, and in whatever order they come."""
    assert [] == differences([ONE, TWO], [again(TWO), again(ONE)])


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": "\\Flagged \\Seen"}, {"digest": "ab"}, {"folder": "Inbox"}, {"guid": "g3"},
        {"date": "2026-01-02 03:04:06"}, {"size": "11"},
    ],
)  # fmt: skip
def test_one_difference_is_found(changes: dict[str, str]) -> None:
    """Both what is lacking and what is there instead are named."""
    found = differences([ONE, TWO], [again(ONE, **changes), again(TWO)])
    assert 2 == len(found)
    assert "g1 in INBOX is missing or another" == found[0]


def test_a_message_that_is_there_twice_is_found() -> None:
    """As is one that is there once instead of twice."""
    assert 1 == len(differences([ONE], [again(ONE), again(ONE)]))
    assert 1 == len(differences([ONE, ONE], [again(ONE)]))
