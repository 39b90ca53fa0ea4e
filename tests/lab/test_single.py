"""Every role on one host: the same promises."""

from labs import Lab


def test_same_probes_pass(single: Lab) -> None:
    """Show 14."""
    assert {} == {k: p["detail"] for k, p in single.probes().items() if not p["passed"]}


def test_second_apply_changes_nothing(single: Lab) -> None:
    """Two roles on one host do not undo each other's files."""
    assert "\n0 of " in single.hopthu("apply", "lab", "--yes").stdout
