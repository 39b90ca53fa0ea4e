"""`hopthu check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.cli.colour import coloured
from hopthu.cli.explain import explain
from hopthu.cli.options import base_option, common
from hopthu.cli.output import note
from hopthu.cli.report_formats import as_github, as_gitlab, as_sarif
from hopthu.diagnostics.problem import Problem, as_json, as_text
from hopthu.diagnostics.regulation import Regulation
from hopthu.errors import DataError, UsageError
from hopthu.history import lineage
from hopthu.history.base import ahead
from hopthu.history.removals import Since, since, since_base
from hopthu.i18n.message import Message
from hopthu.model.builder import build
from hopthu.rules.causes import with_causes
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import Loaded, load_checked, policy_of, regulation_of, validate

_FORMATS: Mapping[str, Callable[[Sequence[Problem], Source, str, Regulation], str]] = {
    "text": lambda found, _, lang, cited: coloured(as_text(found, lang, regulation=cited)),
    "json": lambda found, source, lang, cited: as_json(
        found, _counts(source), lang, regulation=cited
    ),
    "sarif": lambda found, _, lang, cited: as_sarif(found, lang, regulation=cited),
    "github": lambda found, _, lang, cited: as_github(found, lang, regulation=cited),
    "gitlab": lambda found, _, lang, cited: as_gitlab(found, lang, regulation=cited),
}


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMATS)),
    default="text",
    show_default=True,
    help="Text for people, json and sarif for tools, github and gitlab to annotate a change.",
)
@base_option
@click.option(
    "--live", metavar="INVENTORY", help="Compare with what is deployed on these servers instead."
)
@click.option(
    "--explain",
    "rule",
    metavar="RULE",
    help="Explain a rule, with cases that break it and near misses, instead of checking. The cases "
    "are in English.",
)
@common
def check(
    root: Path,
    on: date,
    form: str,
    base: str | None,
    live: str | None,
    rule: str | None,
    language: str,
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
    if rule is not None:
        click.echo(explain(rule, language, regulation_of(root)), nl=False)
        return 0
    if base is not None and live:
        raise UsageError(
            Message("--base and --live cannot be used together"), fix=Message("pass only one")
        )
    with no_garbage_collection():
        source = load_checked(root, on)
        problems = validate(source, on)
        earlier = None if live else _earlier(root, base, source, on)
        if earlier:
            problems = with_causes(source, [*problems, *earlier.problems])
        valid = not any(p.severity == "error" for p in problems)
        if live and valid:
            loaded = Loaded(policy_of(source), build(source), source)
            problems = with_causes(source, [*problems, *_deployed(root, live, loaded, on)])
    remark = _remark(root, base, live, valid, earlier)
    if remark:
        note(remark, language)
    regulation = policy_of(source).regulation
    click.echo(_FORMATS[form](problems, source, language, regulation), nl=False)
    return DataError.exit_code if any(p.severity == "error" for p in problems) else 0


def _deployed(root: Path, inventory: str, loaded: Loaded, on: date) -> list[Problem]:
    """Compare valid data with what servers have; raise `Refused` if this clone is out of date."""
    # Loads pyinfra, which takes as long as a small check.
    from hopthu.apply.authorise import against_deployed  # noqa: PLC0415
    from hopthu.inventory import loader as inventories  # noqa: PLC0415
    from hopthu.servers.survey import plan_against_servers  # noqa: PLC0415
    from hopthu.ssh import Ssh  # noqa: PLC0415

    found = inventories.load(root, inventory)
    with Ssh() as ssh:
        there = plan_against_servers(root, found, ssh, loaded, on)
    lineage.go_on(root, lineage.newer(root, there.live.records), None)
    return against_deployed(root, there, loaded, on)


def _earlier(root: Path, base: str | None, source: Source, on: date) -> Since | None:
    """Compare with the revision asked for, else with the base of the checkout."""
    if base is None:
        return since_base(root, source, on)
    found = since(root, base, source, on)
    if problem := found.unread:  # what of it cannot be read would pass as never there
        raise UsageError(
            Message(
                "the data of {revision} cannot be read: {file}:{line}: {problem}",
                revision=base,
                file=problem.file,
                line=problem.line,
                problem=problem.what,
            ),
            fix=Message("name a revision with well-formed data as --base"),
        )
    return found


def _remark(
    root: Path, base: str | None, live: str | None, valid: bool, earlier: Since | None
) -> Message | None:
    """Return what the data was compared with, printed beside the problems, if it was not named."""
    if live and valid:
        return Message("compared with the servers of {inventory}", inventory=live)
    if live:
        return Message(
            "not compared with the servers of {inventory}: the data has errors", inventory=live
        )
    return _note(root, earlier) if base is None and (root / "data").is_dir() else None


def _note(root: Path, earlier: Since | None) -> Message | None:
    """Return a remark on the comparison with the base, printed beside the problems."""
    if earlier is None:
        return Message(
            "there is no earlier revision to compare with: nothing is committed here yet"
        )
    if earlier.unread:
        file, revision = earlier.unread.file, earlier.base.revision[:12]
        return Message(
            "{file} cannot be read in {revision}, so it was not compared with",
            file=file,
            revision=revision,
        )
    if earlier.base.branch and (earlier.problems or ahead(root, earlier.base)):
        return earlier.base.sentence()
    if earlier.problems:
        return Message(
            "compared with HEAD; to correct a commit that nobody else has yet, compare with "
            "the revision they have: --base REV"
        )
    return None


def _counts(source: Source) -> dict[str, int]:
    return {kind: len(source.records[kind]) for kind in ("units", "people", "documents")}
