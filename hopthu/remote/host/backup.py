"""Send copies of this host's mail, of the directory, or of records, to who keeps them, as root.

docs/decisions/backup.md says what is promised, and who can read or delete what.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypedDict, TypeVar, cast
from urllib.parse import urlsplit
from zlib import crc32

from hopthu.remote.host.files import write
from hopthu.remote.host.mail_copy import NeverQuiet, copy
from hopthu.remote.host.manifest import full, manifest, readers
from hopthu.remote.host.state import FAILURES, Failed, output, read, state

SETTINGS = Path("/etc/hopthu/backup/to")
"""The folder with the settings for each host that keeps copies, by its name."""
MAIL, OWNER = Path("/var/vmail"), "vmail"
PLACE = MAIL / "backup"
"""Where copies are made, and restored to: on the file system of the mail, for links."""
COPY, MANIFESTS, LEFT_OUT = PLACE / "copy", "manifests", "left-out"
KINDS = ("people", "units")
LDIF = "directory.ldif"
"""The file in a copy of the directory."""
_RETRIES = 600.0
"""Seconds in which all mailboxes that were not quiet are tried again."""
_PATIENCE = 20.0
"""Seconds in which whoever keeps copies answers."""
_LONGEST = 1800.0
"""Seconds in which a command of restic ends that sends no copy, however slowly it is answered."""
_SENDING = {"mail": 11 * 3600.0, "directory": 2700.0, "records": 2700.0}
"""Seconds in which a copy of a kind is sent: the next one is due afterwards."""
_SET_PDEATHSIG = 1
"""https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html"""
OF_ONE = (*FAILURES, LookupError, ValueError)
"""What one mailbox may do to a copy of it, without keeping others from being copied."""

_SEEING_MAIL_ALONE = (
    "systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--nice=10",
    "--slice=hopthu-backup.slice",
    *(f"--property={each}" for each in (
        "TemporaryFileSystem=/:ro",
        "BindReadOnlyPaths=/usr -/lib -/lib64 /etc/hopthu/tls/ca.pem /var/vmail",
        "BindPaths=/var/cache/hopthu-backup",
        "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
        "NoNewPrivileges=yes", "PrivateDevices=yes", "PrivateTmp=yes",
        "IOSchedulingClass=idle", "LimitCORE=0", f"RuntimeMaxSec={_SENDING['mail']:.0f}",
    )),
)  # fmt: skip
"""What runs a program as root that can read all mail, and where nothing else is.

Whoever owns the mail can put a link, or another folder, in place of any while it is read: it leads
to nothing but mail. Not even /proc is there, which has the passwords of the copies.
https://www.freedesktop.org/software/systemd/man/systemd.exec.html#TemporaryFileSystem=
"""

_T = TypeVar("_T")


Copy = tuple[str, str]
"""A repository of this host, `KEEPER/NAME`, and a snapshot in it."""


class Result(TypedDict):
    """The copies that a run sent, by the name of who keeps it, and why what failed.

    `full` are the folders of which flags that people named themselves may be lost. `good` is when a
    run last ended without a failure, in seconds since 1970, or 0.
    """

    sent: dict[str, Copy]
    failed: list[str]
    full: list[str]
    good: float


def result(kind: str) -> Path:
    """Return the file that says how the last run of a kind ended.

    That a unit failed is forgotten when its host starts.
    """
    return state() / "copies" / kind


def last(kind: str) -> Result:
    """Return how the last run of a kind ended."""
    known = json.loads(read(result(kind)) or "{}")
    # Results of earlier versions do not say when, but the file does.
    good = result(kind).stat().st_mtime if known.get("failed") == [] else 0.0
    return cast("Result", {**ended({}, []), "good": good, **known})


def ended(sent: dict[str, Copy], failed: list[str], full: Sequence[str] = ()) -> Result:
    """Return how a run ended."""
    return {"sent": sent, "failed": failed, "full": [*full], "good": 0.0}


def mail() -> Result:
    """Send all mailboxes, each with its manifest."""
    left, full = as_owner(copy_all)
    try:
        failed = [f"{mailbox}: {why}" for mailbox, why in left.items()]
        done = send_mail()
        return ended(done["sent"], [*done["failed"], *failed], full)
    finally:
        as_owner(partial(shutil.rmtree, COPY))


def send_mail() -> Result:
    """Send what was copied."""
    return send("mail", "--ignore-ctime", of=(str(COPY),), by=seeing_mail_alone)


def seeing_mail_alone(keeper: str) -> Sequence[str]:
    """Return what runs a program that sees nothing but mail, and ends with the unit of this one.

    It has the settings for one that keeps copies.
    """
    own = Path("/proc/self/cgroup").read_text().strip().rpartition("/")[2]
    more = (f"BindsTo={own}", f"EnvironmentFile={SETTINGS / keeper}")
    return (*_SEEING_MAIL_ALONE, *(f"--property={each}" for each in more))


def directory() -> Result:
    """Send all entries of the directory, with the registry of addresses."""
    options = ("--stdin-filename", LDIF, "--stdin-from-command")
    return send("directory", *options, of=("slapcat", "-o", "ldif-wrap=no"))


def records(clone: str = "") -> Result:
    """Send the records and the journal, and the clone that hopthu runs in, if it does so here."""
    what, left_out = [str(state())], list[str]()
    if clone:
        account = Path(clone).owner()
        history = as_owner(partial(_history, clone), account)
        what += [clone, history]
        left_out = ["--exclude", f"{clone}/.git"]
    return send("records", *left_out, of=what)


def _history(clone: str) -> str:
    """Copy the history of a clone as of one moment, as git itself does; return where it is.

    Files read one by one, while commits arrive, could name some that are not among them. It takes
    no room: objects are links. Its settings are the clone's, so that it can take its place.
    """
    target = Path(os.environ["HOME"], "history")
    shutil.rmtree(target, ignore_errors=True)
    output("git", "clone", "--quiet", "--mirror", clone, target)
    shutil.copy(Path(clone, ".git", "config"), target)
    return str(target)


def as_owner(function: Callable[[], _T], account: str = OWNER) -> _T:
    """Call a function in a process that has the rights of an account, and no others.

    That is the owner of all mail unless another is named. It ends with this one, however that ends:
    it has the files open on which this one holds locks.
    """
    with ProcessPoolExecutor(1, get_context("fork"), _become, (account, os.getpid())) as pool:
        return pool.submit(function).result()


def _become(account: str, parent: int) -> None:
    owner = pwd.getpwnam(account)
    os.environ["HOME"] = owner.pw_dir
    os.setgroups([])
    os.setresgid(owner.pw_gid, owner.pw_gid, owner.pw_gid)
    os.setresuid(owner.pw_uid, owner.pw_uid, owner.pw_uid)
    # Not before: another account makes the kernel forget it.
    ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended before that
        os.kill(os.getpid(), signal.SIGKILL)


def copy_all() -> tuple[dict[str, str], list[str]]:
    """Copy every mailbox and take its manifest; return what failed, and which folders are full.

    The copy says itself which mailboxes it lacks, and why: the host may be lost that was told.
    """
    emptied(COPY)
    failed: dict[str, str] = {}
    crowded: list[str] = []
    noisy = [home for kind in KINDS for home in sorted(filter(_is_ours, (MAIL / kind).iterdir()))]
    until = math.inf
    while noisy and time.monotonic() < until:
        noisy = [home for home in noisy if not _is_copied(home, failed)]
        until = min(until, time.monotonic() + _RETRIES)
    never = "is never quiet for as long as it takes to read it"
    failed |= {str(home.relative_to(MAIL)): never for home in noisy}
    seen, index = readers(COPY / "people"), emptied(PLACE / "index")
    write = partial(_write, crowded)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        steps = [
            pool.submit(
                _trying, failed, f"{kind}/{home.name}",
                partial(write, home, index / kind / home.name, known),
            )
            for kind in KINDS
            for home in (COPY / kind).glob("*")
            for known in [seen.get(home.name, {}) if kind == "units" else {}]
        ]  # fmt: skip
    for step in steps:
        step.result()
    shutil.rmtree(index)
    (COPY / LEFT_OUT).write_text(json.dumps(failed))
    return failed, sorted(crowded)


def emptied(folder: Path) -> Path:
    """Return a folder with nothing in it: not even what a run that was killed has left."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _is_copied(home: Path, failed: dict[str, str]) -> bool:
    """Copy a mailbox; return whether that need not be tried again."""
    mailbox = str(home.relative_to(MAIL))
    try:
        _trying(failed, mailbox, partial(_copy, home, COPY / mailbox))
    except NeverQuiet:
        return False
    return True


def _copy(home: Path, target: Path) -> None:
    """Copy a mailbox whole, or not at all."""
    try:
        copy(home, target)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _is_ours(home: Path) -> bool:
    """Return whether there is a mailbox; while one moves, root has something in its place."""
    return home.is_dir() and not home.is_symlink() and home.stat().st_uid == os.geteuid()


def _trying(failed: dict[str, str], mailbox: str, step: Callable[[], object]) -> None:
    """Take a step for one mailbox; one that is never quiet is for the caller to try again."""
    try:
        step()
    except NeverQuiet:
        raise
    except OF_ONE as error:
        failed[mailbox] = f"{type(error).__name__}: {error}"


def _write(crowded: list[str], home: Path, index: Path, known: dict[str, Path]) -> None:
    crowded += [str(folder.relative_to(COPY)) for folder in full(home)]
    text = json.dumps(manifest(home, index, known))
    path = COPY / MANIFESTS / home.relative_to(COPY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def send(
    kind: str,
    *options: str,
    of: Sequence[str] = (),
    by: Callable[[str], Sequence[str]] = lambda _: (),
) -> Result:
    """Make a snapshot of a kind with everybody who keeps copies; `by` is what runs restic for one.

    With all at once: one that does not take it, or ever so slowly, keeps no other from having it.
    """
    done, known = ended({}, []), keepers()
    with ThreadPoolExecutor(len(known)) as pool:
        under_way = {
            keeper: pool.submit(_sent, keeper, kind, *options, of=of, by=by(keeper))
            for keeper in known
        }
    for keeper, one in under_way.items():
        try:
            done["sent"][keeper] = one.result()
        except FAILURES as error:
            done["failed"].append(f"{keeper}: {error}")
    return done


def _sent(keeper: str, kind: str, *options: str, of: Sequence[str], by: Sequence[str]) -> Copy:
    """Make a snapshot in this month's repository of a kind."""
    repository = begun(keeper, kind)
    restic(repository, "unlock")  # what a run that was killed has left
    host = settings(keeper)["RESTIC_REST_USERNAME"]
    always = ("--json", "--host", host, "--retry-lock", "10m", "--cleanup-cache")
    longest = _SENDING[kind]
    said = restic(repository, "backup", *always, *options, of=of, by=by, longest=longest).stdout
    return repository, str(json.loads(said.splitlines()[-1])["snapshot_id"])


def begun(keeper: str, kind: str) -> str:
    """Return the repository of a kind that was begun this month, and opens; begin another if none.

    Who keeps them removes whole ones, for which no key is needed. Each has a name of its own: what
    has arrived there can never be replaced, not even half of a repository. A month begins on
    another day for each host: all of its mail goes into a new one.
    """
    noted, now = result(f"{kind}-repository-{keeper}"), datetime.now(UTC)
    repository, new = read(noted), f"{keeper}/{kind}-{now:%Y-%m-%d-%H%M%S}"
    day = _first_day(settings(keeper)["RESTIC_REST_USERNAME"], keeper)
    first = (now - timedelta(days=day - 1)).replace(day=day)
    # Their names are in the order of time.
    this_month = f"{keeper}/{kind}-{first:%Y-%m-%d}" <= repository <= new
    if not this_month or restic(repository, "cat", "config", "--no-lock", fine=None).returncode:
        repository = new
        restic(repository, "init")
        write(noted, repository)
    return repository


def _first_day(host: str, keeper: str) -> int:
    """Return the day on which a month begins for copies of a host: every month has it."""
    return 1 + crc32(f"{host} {keeper}".encode()) % 28


def restic(
    repository: str,
    *options: str,
    of: Sequence[str] = (),
    fine: Sequence[int] | None = (0,),
    by: Sequence[str] = (),
    longest: float = _LONGEST,
) -> subprocess.CompletedProcess[bytes]:
    """Run restic on a repository of this host, `by` another program; raise `Failed`.

    `of` are snapshots and paths: no option can hide among them, whoever named them. Any exit code
    is fine if `fine` is None; not to end within `longest` seconds is a failure. Raises `OSError` if
    who keeps it does not answer.
    """
    reach(repository.partition("/")[0])
    known = environment(repository)
    to = [f"--setenv=RESTIC_REPOSITORY={known['RESTIC_REPOSITORY']}"] if by else []
    try:
        done = subprocess.run(
            [*by, *to, *command(*options, of=of)],
            capture_output=True, check=False, env=known, timeout=longest,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Failed(f"restic {options[0]}: not done within {longest:.0f} seconds") from error
    if fine is not None and done.returncode not in fine:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Failed(f"restic {options[0]}: {'; '.join(said[-3:]) or done.returncode}")
    return done


def reach(keeper: str) -> None:
    """Raise `OSError` unless somebody who keeps copies answers.

    restic would ask on for a quarter of an hour, for each command, while others wait for theirs.
    """
    server = urlsplit(settings(keeper)["HOPTHU_BACKUP"].removeprefix("rest:"))
    socket.create_connection((server.hostname or "", server.port or 0), _PATIENCE).close()


def command(*options: str, of: Sequence[str]) -> list[str]:
    """Return a command of restic; passwords are in its environment, which root alone can read."""
    return ["restic", "--quiet", *options, "--", *of]


def environment(repository: str) -> dict[str, str]:
    """Return the environment of restic for a repository of this host."""
    keeper, _, name = repository.partition("/")
    known = settings(keeper)
    return {**os.environ, **known, "RESTIC_REPOSITORY": f"{known['HOPTHU_BACKUP']}/{name}/"}


def keepers() -> list[str]:
    """Return the names of who keeps copies of this host; raise `Failed` if nobody does."""
    if found := sorted(each.name for each in SETTINGS.glob("*")):
        return found
    raise Failed("this host makes no copies: no host of its centre keeps them")


def settings(keeper: str) -> dict[str, str]:
    """Return where copies go that somebody keeps, with the passwords; raise `Failed` if nowhere."""
    try:
        lines = (SETTINGS / keeper).read_text().splitlines()
    except FileNotFoundError as error:
        raise Failed(f"this host sends no copies to {keeper}") from error
    return dict(line.split("=", 1) for line in lines if line and line[0] != "#")
