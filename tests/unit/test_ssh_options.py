"""How ssh(1) is called."""

from hopthu.ssh import Target


def test_warnings_of_ssh_are_not_printed_into_reports() -> None:
    """Such as of a key exchange; errors are, since they say why a host cannot be reached."""
    options = Target.of("edge1", {}).options
    assert ["-o", "LogLevel=ERROR"] == options[options.index("LogLevel=ERROR") - 1 :][:2]
