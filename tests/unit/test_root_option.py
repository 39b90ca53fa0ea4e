"""`--root` names a folder."""

import pytest

from hopthu.cli import main


def test_a_device_is_no_repository(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a file nor a folder to click, it was once reported as git's fault."""
    assert 2 == main(["check", "--root", "/dev/null", "--lang", "en"])
    assert "Invalid value for '--root': \"/dev/null\" is not a folder" in capsys.readouterr().err
