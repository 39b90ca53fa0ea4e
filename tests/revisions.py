"""Revisions of the data that no text was written for."""

from pathlib import Path

from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.source.files import KINDS
from hopthu.source.records import Source
from hopthu.validate import Loaded

NO_SOURCE = Source(Path(), dict.fromkeys(KINDS, ()))


def revision(organisation: Organisation, policy: Policy, source: Source = NO_SOURCE) -> Loaded:
    """Return what a plan compares; of rows it knows nothing."""
    return Loaded(organisation, policy, source)
