"""`--root` names a folder."""

from click.testing import CliRunner

from hopthu.cli.check import check


def test_a_device_is_no_repository() -> None:
    """Neither a file nor a folder to click, it was once reported as git's fault."""
    done = CliRunner().invoke(check, ["--root", "/dev/null", "--lang", "en"])
    assert 2 == done.exit_code
    assert "Invalid value for '--root': \"/dev/null\" is not a folder" in done.output
