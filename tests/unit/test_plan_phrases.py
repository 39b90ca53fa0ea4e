"""Numbers and sizes in the sentences of plans."""

import pytest

from hopthu.i18n.catalogue import translate
from hopthu.plan.phrases import describe_number, describe_size


@pytest.mark.parametrize(
    ("number", "english", "vietnamese"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1196, "1,196", "1.196"),
        (1_002_003, "1,002,003", "1.002.003"),
    ],
)
def test_thousands_are_separated(number: int, english: str, vietnamese: str) -> None:
    """A comma in English, a dot in Vietnamese."""
    assert english == describe_number(number)
    assert vietnamese == translate(describe_number(number), "vi")


def test_sizes_are_shown_as_policies_write_them() -> None:
    """In GiB where that is a whole number."""
    assert ["2 GiB", "1536 MiB"] == [describe_size(2 * 1024**3), describe_size(1536 * 1024**2)]
