"""Generate CODEOWNERS from the unit tree: reviewers follow the organisation (Art. 5.2).

A data file is reviewed by the nearest common unit of all its records: for a unit, the unit itself;
for a person, the unit of their last main post; for a document, its issuer. The same holds for a
folder, which covers files added later. The operator reviews everything else, policy included. Only
the content decides, not the name of a file: nobody becomes a reviewer by naming one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.model.reviewers import common, reviewers
from hopthu.source.records import Source

_KINDS = ("units", "people", "documents")
# Both platforms accept a backslash before these; paths with other special characters are omitted.
_ESCAPED = re.compile(r"([ \[\]])")
_UNSURE = re.compile(r"[^\w./ \[\]+,()=-]")


@dataclass(frozen=True, slots=True)
class Line:
    """A path from the root of the repository, and its reviewers; a folder ends with a slash."""

    path: str
    reviewers: tuple[str, ...]

    @property
    def writable(self) -> bool:
        """Return whether both platforms are known to read the path literally."""
        return not _UNSURE.search(self.path)

    def covers(self, path: str) -> bool:
        """Return whether the line is for a folder that contains `path`."""
        return self.writable and self.path.endswith("/") and path.startswith(self.path)


def lines(source: Source, organisation: Organisation, policy: Policy) -> Sequence[Line]:
    """Return a line for each path whose reviewers differ from those of its folder, sorted."""
    found: list[Line] = []
    units = _units(source, organisation)
    for path in sorted(units):  # a folder comes before its files
        unit = common(units[path], organisation)
        line = Line(path, reviewers(unit, organisation, policy))
        over = [each for each in found if each.covers(path)]
        if line.reviewers != (over[-1].reviewers if over else policy.review.operator):
            found.append(line)
    return found


def _units(source: Source, organisation: Organisation) -> Mapping[str, set[str]]:
    """Return, by path, the ids of the units whose records a file or folder contains."""
    units: dict[str, set[str]] = {}
    for kind in _KINDS:
        for record in source.records[kind]:
            unit = _OF[kind](organisation, record.id)
            folders = PurePosixPath(record.file).parents[:-3]  # not data/<kind> itself
            for path in (record.file, *(f"{folder}/" for folder in folders)):
                units.setdefault(path, set()).add(unit)
    return units


def _of_person(organisation: Organisation, key: str) -> str:
    posts = organisation.people[key].posts
    main = [post for post in posts if post.main] or posts
    return max(main, key=lambda post: post.start).unit if main else ""


_OF: Mapping[str, Callable[[Organisation, str], str]] = {
    "units": lambda _, key: key,
    "people": _of_person,
    "documents": lambda organisation, key: organisation.documents[key].issuer,
}
"""By kind of record, the function that returns the id of the unit it belongs to, or ""."""


def as_github(found: Sequence[Line], policy: Policy) -> str:
    """Return .github/CODEOWNERS (docs.github.com, "About code owners")."""
    return "".join([*_head("github"), *_body(found, policy)])


def as_gitlab(found: Sequence[Line], policy: Policy) -> str:
    """Return .gitlab/CODEOWNERS (docs.gitlab.com, "Syntax of CODEOWNERS file").

    There is one section, in which the last matching line decides, as on GitHub; a line outside the
    section would apply in addition.
    """
    approvals = f"[{policy.review.approvals}]" if policy.review.approvals > 1 else ""
    return "".join([*_head("gitlab"), f"[Reviewers]{approvals}\n", *_body(found, policy)])


def _head(form: str) -> Iterator[str]:
    # GitLab treats a user mentioned in a comment as an owner: no @ here.
    yield f"# Made by `hopthu codeowners --format {form}` from the unit tree.\n"
    yield "# Do not edit it: reviewers are named under `review` in data/policy.yaml.\n"


def _body(found: Sequence[Line], policy: Policy) -> Iterator[str]:
    yield _line("*", policy.review.operator)
    for line in found:
        if line.writable:
            yield _line("/" + _ESCAPED.sub(r"\\\1", line.path), line.reviewers)


def _line(pattern: str, reviewers: Sequence[str]) -> str:
    return f"{pattern} {' '.join(reviewers)}\n"
