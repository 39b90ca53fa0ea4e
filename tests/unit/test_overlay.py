"""How a block of a page is laid over a file."""

import re
from pathlib import Path

import pytest

import overlay
from pages import Fence

LIST = "# All of them.\n- id: an\n  name: An\n- {id: chi, name: Chi}\n# The last.\n- id: ha\n"
POLICY = "operator: vp\ncentre:\n  ranges: [10.0.0.0/24]\n"


def laid(held: str, text: str, *options: str) -> bytes:
    """Return the file `data/a.yaml` once a block is laid over it."""
    named = {"title": "data/a.yaml", **dict.fromkeys(options, "")}
    fence = Fence(Path("page.md"), 1, 3, "yaml", named, text)
    return overlay.laid({"data/a.yaml": held.encode()}, fence)["data/a.yaml"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- {id: chi, name: Linh}\n", LIST.replace("Chi", "Linh")),
        ("- {id: binh}\n", LIST.replace("- {id: chi", "- {id: binh}\n- {id: chi")),
        ("- id: zz\n", f"{LIST}- id: zz\n"),
        ("- {name: Nobody}\n", f"{LIST}- {{name: Nobody}}\n"),
        ("# removed: ha\n", LIST.removesuffix("# The last.\n- id: ha\n")),
        ("- {id: chi}\n- {id: chi, twice: true}\n",
         LIST.replace("- {id: chi, name: Chi}\n", "- {id: chi}\n- {id: chi, twice: true}\n")),
        ("# One of many.\n- {id: binh}\n",
         LIST.replace("- {id: chi", "# One of many.\n- {id: binh}\n- {id: chi")),
    ],
)  # fmt: skip
def test_records_take_the_places_of_those_with_their_ids(text: str, expected: str) -> None:
    """Whatever the block does not name stays as and where it is, comments too."""
    assert expected == laid(LIST, text).decode()


def test_in_a_mapping_keys_are_what_ids_are() -> None:
    """A key is replaced with all that is below it; a new one comes last."""
    new = laid(POLICY, "centre: {}\nadded: 1\n").decode()
    assert "operator: vp\ncentre: {}\nadded: 1\n" == new
    assert b"operator: vp\n" == laid(POLICY, "# removed: centre\n")


def test_what_is_pasted_goes_to_the_end() -> None:
    """Sorted or not."""
    assert f"{LIST}- id: binh\n" == laid(LIST, "- id: binh\n", "append").decode()


def test_what_is_not_there_cannot_be_removed() -> None:
    """A slip in a case is told."""
    with pytest.raises(AssertionError, match="nobody"):
        laid(LIST, "# removed: nobody\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"a\xff", b"a\xff\n"),
        (r"a\u200bb\U0001d173", "a\u200bb\U0001d173\n".encode()),
        (r"\ta \\ \r", b"\ta \\ \r\n"),
        (r"\repeat{ab}{3}", b"ababab\n"),
        ("no end\\", b"no end"),
    ],
)
def test_an_escape_stands_for_what_is_not_seen(text: str, expected: bytes) -> None:
    """Bytes that are not UTF-8 included."""
    assert expected == laid("", f"{text}\n", "whole", "escaped")


def test_an_escape_that_means_nothing_is_told() -> None:
    """A slip in a case is told."""
    with pytest.raises(AssertionError, match=re.escape("\\q")):
        laid("", "\\q\n", "whole", "escaped")


def test_a_file_is_saved_in_another_encoding() -> None:
    """With the mark at its beginning that old editors write."""
    assert "a: Ế\n".encode("utf-16") == laid("a: Ế\n", "", "utf-16")


def test_a_folder_takes_the_place_of_a_file() -> None:
    """As where somebody made `data/people.yaml/`."""
    fence = Fence(Path("page.md"), 1, 2, "text", {"title": "data/a.yaml/.keep"}, "")
    assert {"data/a.yaml/.keep": b""} == overlay.laid({"data/a.yaml": b"x"}, fence)
