"""Tests of staged files that several daemons use; `{stage}` stands for the staging folder."""

from __future__ import annotations


def silent(command: str) -> str:
    """Return the test that a command succeeds and prints nothing: many only warn of mistakes."""
    return f"""\
output=$({command}) || output="$output (failed)"
[ -z "$output" ] || {{{{ echo "$output" >&2; exit 1; }}}}
"""


def verified(units: str) -> str:
    """Return the test of units that match a pattern.

    systemd only warns about unknown settings, and starts the unit nevertheless.
    """
    return silent(f"cd {{stage}}/etc/systemd/system && systemd-analyze verify {units} 2>&1")


def compiled(program: str) -> str:
    """Return the test that Python compiles a program, a file or a folder."""
    return f"python3 -IS -m compileall -q {{stage}}{program}\n"
