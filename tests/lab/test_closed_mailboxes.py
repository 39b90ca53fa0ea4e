"""Closed mailboxes go to the archive, are read there, leave their store, and are erased at last.

Years go by with `--on`. What is in closed mailboxes is put there by hand: shipped data has people
who left long before the lab was.
"""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from labs import Lab, applied, copied, environment, git
from test_backup import DOCUMENT, KILL, fill

from hopthu.model.calendar import VIETNAM

LIVE, LEFT, HELD, UNIT = "le-van-bay", "nguyen-dinh-tu", "dang-cong-hien", "so-giao-thong-van-tai"
"""Somebody in service; two who left, of whom one is to be held; and a unit that ended."""
MAIL, TOP = "/var/vmail", "/srv/hopthu-archive"
MESSAGES = {"cur", "new"}
KEEPERS = ("backup1", "backup2")
CALLS = "[h]opthu.remote.host.main"
"""What a call on a host has in its command, and this pattern has not."""
PATHS = {LEFT: f"people/{LEFT}", HELD: f"people/{HELD}", UNIT: f"units/{UNIT}"}
TODAY = datetime.now(VIETNAM).date()
TERM = TODAY + timedelta(days=3650)
"""The day on which what is archived today may be erased."""
UNTIL = TERM + timedelta(days=5)
"""The last day of the hold."""
HOLD = f"""
- {{id: qd-14-ttt-{TODAY.year}, kind: decision, number: 14/QĐ-TTT, issuer: thanh-tra-tinh,
   date: {TODAY}}}
"""
ALLOWED = f"""
- {{id: qd-363-vpubnd-{TERM.year}, kind: decision, number: 363/QĐ-VPUBND,
   issuer: van-phong-ubnd-tinh, date: {TERM}, acts: [allowance]}}
"""
ALLOWANCE = f"""
allowances:
  - {{guard: erase, scope: all, document: qd-363-vpubnd-{TERM.year}, until: {UNTIL + timedelta(7)}}}
"""
"""Years later, all who have left by today are due on one day."""


@pytest.fixture(scope="module")
def lab(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Every role on one host and two that keep the archive; HOPTHU_TEST_BACKUP may name one."""
    if folder := os.environ.get("HOPTHU_TEST_BACKUP"):
        yield Lab(Path(folder).resolve())
        return
    yield from applied(snapshots, "backup", tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def filled(lab: Lab, root: Path) -> Lab:
    """Somebody in service has mail, as those had who left; all is applied."""
    fill(lab, LIVE)
    lab.hopthu("apply", "lab", "--yes", root=root)
    return lab


@pytest.fixture(scope="module")
def root(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout by which the mail of one who left is held until a day after the term."""
    root = copied(tmp_path_factory.mktemp("held") / "checkout")
    people = root / "data" / "people.yaml"
    before, mark, after = people.read_text(encoding="utf-8").partition(f"- id: {HELD}\n")
    record, _, rest = after.partition("\n- id: ")
    record += f"\n  hold: {{from: {TODAY}, until: {UNTIL}, decision: qd-14-ttt-{TODAY.year}}}"
    people.write_text(f"{before}{mark}{record}\n- id: {rest}", encoding="utf-8")
    written(lab, root, "Mail is held", documents=HOLD)
    return root


def written(lab: Lab, root: Path, message: str, **texts: str) -> None:
    """Add texts to files of data, and commit them."""
    for kind, text in texts.items():
        with (root / "data" / f"{kind}.yaml").open("a", encoding="utf-8") as file:
            file.write(text)
    lab.hopthu("format", root=root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


def leave_behind(lab: Lab, who: str) -> None:
    """Put what somebody has into a closed mailbox, as if it had been there all the time."""
    lab.ssh("mail1", f"cp -a {MAIL}/people/{LIVE}/. {MAIL}/{PATHS[who]}")


def run(lab: Lab, root: Path, *options: str, on: date = TODAY, expect: int = 0) -> str:
    """Run what is due in the archive on a day; return what is said.

    It is the day on which this file was read, too, if midnight has come since.
    """
    given = ("--yes", "--lang", "en", "--on", str(on), *options)
    return lab.hopthu("archive", "run", "lab", *given, expect=expect, root=root).stdout


def on_store(lab: Lab, who: str) -> int:
    """Return how many files of somebody's mail are on the store, wherever."""
    path = PATHS[who]
    places = " ".join(f"{MAIL}/{above}{path}" for above in ("", "archived/"))
    return int(lab.ssh("mail1", f"find {places} -type f 2>/dev/null | wc -l"))


def archives(lab: Lab, *options: str, expect: int = 0) -> dict[str, dict[str, object]]:
    """Return what is shown of the archive, by mailbox."""
    said = lab.hopthu("archive", "show", "lab", "--format", "json", *options, expect=expect).stdout
    return {row["mailbox"]: row for row in json.loads(said)["archives"]}


def forget(lab: Lab, who: str) -> None:
    """Remove what the archive has of somebody."""
    for keeper in KEEPERS:
        lab.ssh(keeper, f"rm -rf {TOP}/{PATHS[who]}")


def letters(folder: Path) -> list[bytes]:
    """Return the letters of the one tar in a folder."""
    (path,) = folder.glob("*.tar")
    with tarfile.open(path) as tar:
        messages = (each for each in tar if each.isreg() and MESSAGES & {*Path(each.name).parts})
        found = (tar.extractfile(each) for each in messages)
        return sorted(file.read().replace(b"\r\n", b"\n") for file in found if file)


def test_a_closed_mailbox_is_archived_read_there_and_leaves(
    filled: Lab, root: Path, tmp_path: Path
) -> None:
    """Nobody there can read it; whoever has the key gets every letter, on a document."""
    leave_behind(filled, LEFT)
    said = run(filled, root)
    assert "the mail goes to the archive, and then leaves mail1, by decision 2433/QĐ-SCT" in said
    assert f"was archived, read there, and has left mail1 [mail {LEFT}]" in said
    assert 0 == on_store(filled, LEFT)
    (row,) = archives(filled, "--read").values()
    assert (PATHS[LEFT], 7, TERM.isoformat()) == (row["mailbox"], row["messages"], row["until"])
    for keeper in KEEPERS:
        assert "0\n" == filled.ssh(keeper, f"grep -rla 'example.org' {TOP} | wc -l")
    assert "Nothing is due" in run(filled, root)
    history = filled.hopthu("history", "lab", "--lang", "en").stdout
    assert f"has left mail1 [mail {LEFT}]" in history
    words = ("archive", "export", "lab", LEFT, "--out", str(tmp_path), "--lang", "en")
    filled.hopthu(*words, "--basis", DOCUMENT)
    wanted = [f"Message-ID: <{n}@example.org>\n\nthư số {n}\n" for n in range(1, 8)]
    assert sorted(each.encode() for each in wanted) == letters(tmp_path)
    assert f"the archive was exported [mail {LEFT}]" in (
        filled.hopthu("history", "lab", "--lang", "en").stdout
    )


def test_what_one_host_has_lost_comes_from_the_other(
    filled: Lab, root: Path, tmp_path: Path
) -> None:
    """It is exported all the same, and the next run copies it back as it was."""
    filled.ssh("backup1", f"rm -r {TOP}")
    words = ("archive", "export", "lab", LEFT, "--out", str(tmp_path), "--lang", "en")
    filled.hopthu(*words, "--basis", DOCUMENT)
    assert 7 == len(letters(tmp_path))
    (row,) = archives(filled, expect=4).values()
    assert (["backup2"], TERM.isoformat()) == (row["hosts"], row["until"])
    assert ["backup1"] == row["lacking"]
    assert f"the archive of {TODAY} was copied to backup1, and read there" in run(filled, root)
    (row,) = archives(filled, "--read").values()
    assert ([*KEEPERS], TERM.isoformat(), []) == (row["hosts"], row["until"], row["damaged"])
    assert "Nothing is due" in run(filled, root)


@pytest.mark.parametrize(
    ("host", "sign"),
    [
        ("backup1", f"{TOP}/{PATHS[UNIT]}/*.new"),
        ("backup1", f"{TOP}/{PATHS[UNIT]}/*.json"),
        ("backup2", f"{TOP}/{PATHS[UNIT]}/*.json"),
        ("mail1", f"{MAIL}/backup/archived/home"),
        ("mail1", f"{MAIL}/archived/{PATHS[UNIT]}"),
    ],
    ids=["sent", "noted", "noted by all", "copied", "given up"],
)
def test_killed_at_a_step_nothing_is_lost(filled: Lab, root: Path, host: str, sign: str) -> None:
    """It is whole on its store or in the archive, and the next run completes it."""
    forget(filled, UNIT)
    leave_behind(filled, UNIT)
    files = on_store(filled, UNIT)
    words = ("archive", "run", "lab", "--yes", "--on", str(TODAY))
    with subprocess.Popen(
        [sys.executable, "-m", "hopthu", *words], cwd=root,
        env={**environment(filled), "PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as operator:  # fmt: skip
        filled.ssh(host, f"timeout 30 sh -c 'until ls -d {sign}; do :; done' >/dev/null 2>&1; true")
        operator.kill()
    filled.ssh("mail1", f"while pgrep -f '{CALLS}' >/dev/null; do {KILL}; sleep 0.1; done")
    assert "cut off" in filled.hopthu("history", "lab", "--lang", "en").stdout
    notes = f"find {TOP}/{PATHS[UNIT]} -name '*.json' 2>/dev/null || true"
    noted = {bool(filled.ssh(keeper, notes)) for keeper in KEEPERS}
    sound = PATHS[UNIT] in archives(filled, "--read", expect=0 if len(noted) == 1 else 4)
    assert sound or files == on_store(filled, UNIT)
    run(filled, root)
    assert 0 == on_store(filled, UNIT)
    assert 7 == archives(filled, "--read")[PATHS[UNIT]]["messages"]
    assert "" == filled.ssh("mail1", f"ls {MAIL}/backup")


def flip(lab: Lab, who: str) -> None:
    """Change one byte in the middle of somebody's archive, or change it back."""
    program = (
        "import glob, sys; (path,) = glob.glob(sys.argv[1] + '/*.age'); file = open(path, 'r+b'); "
        "file.seek(3000); byte = file.read(1)[0]; file.seek(3000); file.write(bytes([byte ^ 1]))"
    )
    lab.ssh("backup1", f'python3 -c "{program}" {TOP}/{PATHS[who]}')


def test_nothing_is_given_up_for_an_archive_that_is_damaged(filled: Lab, root: Path) -> None:
    """It was archived, and is back on its store, as after a kill: it is archived once more."""
    leave_behind(filled, UNIT)
    flip(filled, UNIT)
    assert archives(filled, "--read", expect=4)[PATHS[UNIT]]["damaged"]
    said = run(filled, root, expect=4)
    assert f"is not what was read there, and is made again [mail {UNIT}]" in said
    assert 0 == on_store(filled, UNIT)
    assert not archives(filled, "--read")[PATHS[UNIT]]["damaged"]


def test_what_has_changed_since_is_archived_too(filled: Lab, root: Path) -> None:
    """A letter more: another archive, beside the first."""
    leave_behind(filled, UNIT)
    filled.ssh(
        "mail1",
        f"cd {MAIL}/{PATHS[UNIT]}/Maildir && cp -p $(ls new/* | head -1) cur/9.more:2,S",
    )
    run(filled, root)
    assert 0 == on_store(filled, UNIT)
    for keeper in KEEPERS:
        assert "2\n" == filled.ssh(keeper, f"ls {TOP}/{PATHS[UNIT]}/*.age | wc -l")
    forget(filled, UNIT)


def test_a_hold_keeps_it_on_its_store_and_in_the_archive(filled: Lab, root: Path) -> None:
    """Archived once, and shown with the document that holds it."""
    leave_behind(filled, HELD)
    files = on_store(filled, HELD)
    assert f"read there, and stays on mail1 [mail {HELD}]" in run(filled, root)
    assert files == on_store(filled, HELD)
    assert "Nothing is due" in run(filled, root)
    shown = filled.hopthu("archive", "show", "lab", "--lang", "en", root=root).stdout
    assert f"held by qd-14-ttt-{TODAY.year} [mail {HELD}]" in shown


def test_an_archive_is_erased_after_its_term(filled: Lab, root: Path) -> None:
    """Not a day before, not while a hold lasts, not if it is damaged; on record, and all of it."""
    assert "Nothing is due" in run(filled, root, on=TERM - timedelta(days=1))
    on = ("--on", str(TERM))
    assert "Nothing is due" in run(filled, root, on=TERM)  # no apply has told the directory
    refused = filled.hopthu("apply", "lab", "--yes", *on, "--lang", "en", expect=3, root=root)
    assert 'guard "erase"' in refused.stderr + refused.stdout
    texts = {"documents": ALLOWED, "policy": ALLOWANCE}
    written(filled, root, "The guard is told", **texts)
    filled.hopthu("apply", "lab", "--yes", *on, root=root)
    flip(filled, LEFT)
    damaged = run(filled, root, on=TERM, expect=4)
    assert "the archive of" in damaged
    assert "is not what was read there" in damaged
    flip(filled, LEFT)
    said = run(filled, root, on=TERM)
    assert f"the archive of {TODAY} was erased [mail {LEFT}]" in said
    assert "by decision 2433/QĐ-SCT of 2026-04-30" in said
    assert [PATHS[HELD]] == [*archives(filled)]
    assert f"was erased [mail {LEFT}]" in filled.hopthu("history", "lab", "--lang", "en").stdout
    assert 0 < on_store(filled, HELD)
    after = UNTIL + timedelta(days=1)
    filled.hopthu("apply", "lab", "--yes", "--on", str(after), root=root)
    assert f"has left mail1 [mail {HELD}]" in run(filled, root, on=after)
    assert f"was erased [mail {HELD}]" in run(filled, root, on=after)
    assert {} == archives(filled)
    for keeper in KEEPERS:
        assert "" == filled.ssh(keeper, f"find {TOP} -type f")
    assert 0 == on_store(filled, HELD)
