from hypothesis import given
from hypothesis import strategies as st

from hopthu.remote.host import delta

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"c", b"\r", b"\xff\x00\n", b"long " * 9]))


@given(LINES, LINES)
def test_any_file_is_made_of_any_other(before: list[bytes], after: list[bytes]) -> None:
    """Whatever a host holds, what is sent makes of it what is wanted."""
    present, wanted = b"".join(before * 40), b"".join(after * 40)
    assert wanted == delta.join(delta.recipe(wanted, delta.digests(present)), present)


@given(LINES)
def test_pieces_are_all_there_is(lines: list[bytes]) -> None:
    """Nothing is lost or moved by cutting."""
    content = b"".join(lines * 40)
    assert content == b"".join(delta.cut(content))
