"""`hopthu check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from hopthu.app import check as checks
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, option
from hopthu.cli.options import COMPARED_WORKSPACE, formats
from hopthu.cli.output import note, put
from hopthu.diagnostics.problem import as_json, as_text
from hopthu.errors import DataError
from hopthu.rules.explain import explain
from hopthu.rules.report_formats import as_github, as_gitlab, as_sarif
from hopthu.validate import policy_of, regulation_of

_FORMATS: Mapping[str, Callable[..., str]] = {
    "text": partial(as_text, colour=True), "json": as_json, "sarif": as_sarif,
    "github": as_github, "gitlab": as_gitlab,
}  # fmt: skip


@command()
def check(
    form: str = formats(
        *_FORMATS,
        help="Text for people, json and sarif for tools, github and gitlab to annotate a change.",
    ),
    rule: str | None = option(
        "--explain RULE",
        help="Explain a rule, with cases that break it and near misses, instead of checking. "
        "The cases are in English.",
    ),
    workspace: Workspace = COMPARED_WORKSPACE,
) -> int:
    """Load and validate the data; exit 2 if there are errors.

    Reads data/policy.yaml, units.yaml, people.yaml, documents.yaml and, if it exists,
    expectations.yaml, or a folder of files in place of any of them. All problems are reported at
    once, sorted, each with file, line, column, reason and fix; warnings alone exit 0.

    The data is also compared with an earlier revision: no record may be removed, no id or address
    given to somebody else, and the past stays as it was written. That is the last commit in common
    with the default branch of the remote, else HEAD. With --live it is what the servers of an
    inventory have on record, and the directory, which keeps every address with its holder; exit 3
    if they have a commit that is not part of the history checked out.

    Each problem names its rule in brackets, which --explain explains.
    """
    language = workspace.language
    if rule is not None:
        put(explain(rule, language, regulation_of(workspace.root)))
        return 0
    if workspace.live:
        from hopthu.app import live as servers  # noqa: PLC0415  (takes as long as a small check)

        found = servers.check(workspace, workspace.live)
    else:
        found = checks.check(workspace)
    if found.remark:
        note(found.remark)
    regulation = policy_of(found.source).regulation
    kinds = ("units", "people", "documents")
    counts = {kind: len(found.source.records[kind]) for kind in kinds}
    more = {"counts": counts} if form == "json" else {}
    put(_FORMATS[form](found.problems, language=language, regulation=regulation, **more))
    return 0 if found.valid else DataError.exit_code
