import pytest

from hopthu.cli.output import coloured


@pytest.mark.parametrize(
    ("word", "code"), [("error", 31), ("lỗi", 31), ("warning", 33), ("cảnh báo", 33)]
)
def test_severity_has_its_colour(word: str, code: int) -> None:
    """In both languages; only where it says how bad the problem is."""
    head = "data/people.yaml:4:7: {}: an: an error: of spelling\n  why: error: no\n"
    expected = head.format(f"\x1b[{code}m\x1b[1m{word}\x1b[0m")
    assert expected == coloured(head.format(word))
