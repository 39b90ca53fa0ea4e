"""Problems in the formats machines read besides JSON: GitHub's and GitLab's, and SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from hopthu.diagnostics.problem import Problem, translated
from hopthu.diagnostics.regulation import Regulation
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.rules.registry import RULES
from hopthu.tool.version import VERSION

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_github(problems: Sequence[Problem], language: str = "en", *, regulation: Regulation) -> str:
    """Return one workflow command a problem; GitHub shows it at the line in the pull request.

    Source: docs.github.com, "Workflow commands for GitHub Actions".
    """
    return "".join(
        f"::{p.severity} file={_property(p.file)},line={p.line},col={p.column},"
        f"title={_property(f'{p.rule}, {p.article}')}::{_data(_message(p))}\n"
        for p in (translated(problem, language, regulation) for problem in problems)
    )


def as_gitlab(problems: Sequence[Problem], language: str = "en", *, regulation: Regulation) -> str:
    """Return a code quality report; GitLab shows each problem at its line in the merge request.

    Source: docs.gitlab.com, "Code Quality", "Import Code Quality results from a CI/CD job". A
    fingerprint stays the same when a problem moves to another line, so that an old one is no news.
    """
    seen: Counter[str] = Counter()
    report = []
    for problem in problems:
        shown = translated(problem, language, regulation)
        about = "\0".join((problem.file, problem.rule, problem.subject, str(problem.what)))
        seen[about] += 1
        known = f"{about}\0{seen[about]}".encode(errors="surrogateescape")
        found = {
            "description": _message(shown),
            "check_name": shown.rule,
            "fingerprint": hashlib.sha256(known).hexdigest(),
            "severity": _SEVERITIES[problem.severity],
            "location": {"path": problem.file, "lines": {"begin": problem.line}},
        }
        report.append(found)
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


_SEVERITIES = {"error": "major", "warning": "minor"}


def as_sarif(problems: Sequence[Problem], language: str = "en", *, regulation: Regulation) -> str:
    """Return a SARIF 2.1.0 log with one run (OASIS, Static Analysis Results Interchange Format)."""
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": translate(Message(rule.why), language)},
            "defaultConfiguration": {"level": rule.severity},
            "properties": {"article": translate(regulation.cite(rule.article), language)},
        }
        for rule in RULES
    ]
    driver = {"name": "hopthu", "version": VERSION, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(translated(p, language, regulation)) for p in problems],
    }
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _result(problem: Problem) -> dict[str, object]:
    region = {"startLine": problem.line, "startColumn": problem.column}
    # A URI reference (RFC 3986): names may hold blanks, letters with marks, or no text at all.
    uri = quote(problem.file, errors="surrogateescape")
    place = {"artifactLocation": {"uri": uri}, "region": region}
    return {
        "ruleId": problem.rule,
        "level": problem.severity,
        "message": {"text": _message(problem)},
        "locations": [{"physicalLocation": place}],
        "properties": {"article": problem.article},
    }


def _message(problem: Problem) -> str:
    subject = f"{problem.subject}: " if problem.subject else ""
    return f"{subject}{problem.what}\nwhy: {problem.why}\nfix: {problem.fix}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
