"""What to do next with a new repository."""

from __future__ import annotations

from pathlib import Path

from hopthu.i18n.message import Message

_WITH_EXAMPLES = Message("""\
{folder} is a province's own repository: its data, inventories and pipelines.

Next:
  cd {folder}
  git add --all && git commit -m "Begin"
  hopthu check                    # is the data valid?
  hopthu lab up --layout single   # a throwaway centre on this machine, as root
  hopthu apply lab                # install the service and the data on it
  hopthu verify lab               # prove it with real mail

README.md goes on from there, README.en.md in English.""")
_EMPTY = Message("""\
{folder} is a province's own repository, with nobody in it yet.

Next:
  cd {folder}
  # add the document that adopts the personnel list to data/documents.yaml
  hopthu check                    # is the data valid?
  hopthu import LIST.xlsx --review REVIEW.xlsx   # what was read: decide and tick it
  hopthu import REVIEW.xlsx --basis DOCUMENT --units   # the units, of all lists
  git add --all && git commit -m "Begin"
  hopthu import REVIEW.xlsx --basis DOCUMENT     # the people
  hopthu plan                     # what would change?

README.md goes on from there, README.en.md in English.""")


def next_steps(folder: Path, *, examples: bool) -> Message:
    """Return the next commands in a repository, which has the example data or nobody in it."""
    following = _WITH_EXAMPLES if examples else _EMPTY
    return Message(following, folder=folder)
