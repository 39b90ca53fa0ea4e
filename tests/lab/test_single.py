"""Every role on one host: the same promises."""

from collections.abc import Iterator

import pytest
from labs import Lab, bring_up


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One host, from the image with the packages in."""
    for lab in bring_up(tmp_path_factory.mktemp("single"), "--layout", "single"):
        lab.hopthu("apply", "lab", "--yes")
        yield lab


def test_same_probes_pass(single: Lab) -> None:
    """Show 14."""
    assert {} == {k: p["detail"] for k, p in single.probes().items() if not p["passed"]}


def test_second_apply_changes_nothing(single: Lab) -> None:
    """Two roles on one host do not undo each other's files."""
    assert "\n0 of " in single.hopthu("apply", "lab", "--yes").stdout
