"""A stranger cannot make the probes fail: by what they send, or by holding every session."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from labs import CHECKOUT, Lab, environment, forget_journals

FOLDER = "/tmp/stranger"  # noqa: S108  (on a host of the lab)
EDGE, ACCESS = "10.88.0.11", "10.88.0.21"
AT_MOST = 420
"""Seconds after which the stranger goes in any case."""


@contextmanager
def stranger(lab: Lab) -> Iterator[dict[str, int]]:
    """Have a stranger at work for the time of a `with` block; yields what is filled at its end."""
    for name in ("stranger.py", "hostile.py"):
        text = Path(__file__).with_name(name).read_text(encoding="utf-8")
        lab.ssh("internet", f"mkdir -p {FOLDER}; printf %s {shlex.quote(text)} >{FOLDER}/{name}")
    program = f"python3 -W ignore {FOLDER}/stranger.py {AT_MOST} {EDGE} {ACCESS}"
    with subprocess.Popen(
        [sys.executable, "-m", "hopthu", "lab", "ssh", "internet", "--", program],
        cwd=CHECKOUT,
        env=environment(lab),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as visitor:
        assert visitor.stdin is not None
        assert visitor.stdout is not None
        assert "once\n" == visitor.stdout.readline()
        did: dict[str, int] = {}
        try:
            yield did
        finally:
            visitor.stdin.close()
            said = visitor.stdout.read()
        assert 0 == visitor.wait(), said
        did.update(json.loads(said))


@pytest.fixture
def tidy(centre: Lab) -> Iterator[None]:
    """Take the stranger's letters away, and the lines in journals."""
    yield
    query = "mailbox '*' header return-path nguoi-la@example.org"
    centre.ssh("store1", f"doveadm expunge -u nguyen-van-an-2 {query}")
    centre.ssh("internet", f"rm -rf {FOLDER}")
    centre.ssh("edge1", "systemctl restart postfix")  # sessions under stress live on for minutes
    forget_journals(centre)


@pytest.mark.usefixtures("tidy")
def test_probes_pass_whatever_a_stranger_does(centre: Lab) -> None:
    """While it is at work on all ports, and port 25 is under stress with 100 idle sessions."""
    with stranger(centre) as did:
        stress = centre.ssh("edge1", "pgrep -fc 'smtpd .*stress=yes' || true")
        probes = centre.probes()
    assert {} == {key: p["detail"] for key, p in probes.items() if not p["passed"]}
    caused = probes["clean-journal"]["detail"]
    assert isinstance(caused, str)
    assert int(caused.split(", ")[1].split()[0]) > 100, caused
    assert int(stress) > 0, "port 25 was not under stress"
    assert 100 <= did["held"]
    assert min(did[what] for what in ("talks", "scans", "guesses", "letters")) > 30, did
