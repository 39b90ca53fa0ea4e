"""Test the service with real mail: sign in, send, receive, search, try what must be refused."""

from hopthu.verify.failure import ProbeFailed
from hopthu.verify.probe import Probe, Result
from hopthu.verify.probing import run
from hopthu.verify.schedule import Progress

__all__ = ["Probe", "ProbeFailed", "Progress", "Result", "run"]
