"""Copies: made, kept where nobody can change them, and mail brought back from them."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from labs import Lab, applied

from hopthu.daemons.backup import FOLDER, PROGRAM
from hopthu.model.calendar import VIETNAM

ONE, OTHER, DOCUMENT = "le-van-bay", "bui-tien-lam", "qd-933-ubnd-2026"
COPY = "/var/vmail/backup/copy"
REPOSITORY = f"{FOLDER}/mail1/mail"
RESTIC = "set -a; . /etc/hopthu/backup/environment; RESTIC_REPOSITORY=$HOPTHU_BACKUP/mail; set +a; "


@pytest.fixture(scope="module")
def lab(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Every role on one host and a second with its copies; HOPTHU_TEST_BACKUP may name one."""
    if folder := os.environ.get("HOPTHU_TEST_BACKUP"):
        yield Lab(Path(folder).resolve())
        return
    yield from applied(snapshots, "backup", tmp_path_factory.mktemp("backup"))


def fill(lab: Lab, person: str) -> None:
    """Give somebody mail with flags, words and dates, folders, subscriptions and a filter."""
    lab.ssh(
        "mail1",
        f"""set -e
letter() {{ printf 'From: a@example.org\\r\\nSubject: %s\\r\\n\\r\\nthư số %s\\r\\n' $1 $1; }}
for n in 1 2 3; do letter $n | doveadm save -u {person} -m INBOX -r 2021-03-0$n; done
doveadm mailbox create -u {person} -s 'Đơn từ/2026'
doveadm mailbox create -u {person} 'Không theo dõi'
letter 4 | doveadm save -u {person} -m 'Đơn từ/2026' -r 2022-12-31
letter 5 | doveadm save -u {person} -m 'Không theo dõi' -r 2022-12-30
doveadm flags add -u {person} '\\Seen \\Flagged' mailbox INBOX 1
doveadm flags add -u {person} 'Gap' mailbox 'Đơn từ/2026' all
echo 'keep;' | doveadm sieve put -u {person} -a loc
""",
    )


@pytest.fixture(scope="module")
def filled(lab: Lab) -> Lab:
    """Two people have mail."""
    for person in (ONE, OTHER):
        fill(lab, person)
    return lab


def mail(lab: Lab, person: str, below: str = "") -> list[dict[str, str]]:
    """Return what the Dovecot that serves has, below a folder."""
    fields = "mailbox guid date.received flags size.physical text"
    said = lab.ssh("mail1", f"doveadm -f json fetch -u {person} '{fields}' mailbox '*'")
    rows = [row for row in json.loads(said) if row["mailbox"].startswith(below)]
    for row in rows:
        row["mailbox"] = row["mailbox"].removeprefix(below)
        row["flags"] = " ".join(sorted(set(row["flags"].split()) - {"\\Recent"}))
    return sorted(rows, key=lambda row: (row["mailbox"], row["guid"]))


def folders(lab: Lab, person: str, *options: str) -> list[str]:
    """Return the folders that there are."""
    said = lab.ssh("mail1", f"doveadm mailbox list -u {person} {' '.join(options)}")
    return said.splitlines()


def restore(
    lab: Lab, person: str, at: datetime, expect: int = 0
) -> subprocess.CompletedProcess[str]:
    """Restore as of the end of the minute after a moment."""
    minute = f"{at.astimezone(VIETNAM) + timedelta(minutes=1):%Y-%m-%d %H:%M}"
    words = ("restore", "mailbox", "lab", person, "--at", minute, "--basis", DOCUMENT)
    return lab.hopthu(*words, expect=expect)


def copy_of(lab: Lab, change: str) -> None:
    """Send a copy of the mailbox alone, after a change of what lies beside its manifest."""
    program = (
        f"import sys; sys.path.insert(0, '{PROGRAM}')\n"
        "from pathlib import Path\n"
        "from hopthu.remote.host import backup\n"
        "def one():\n"
        "    backup.emptied(backup.COPY)\n"
        f"    home = backup.COPY / 'people/{OTHER}'\n"
        f"    backup._copy(Path('/var/vmail/people/{OTHER}'), home)\n"
        "    backup._write(home, backup.emptied(backup.PLACE / 'index'), {})\n"
        "backup.as_owner(one)\n"
    )
    lab.ssh(
        "mail1", f"python3 -IS -X utf8 - && cd {COPY}/people/{OTHER}/ && {change}", program.encode()
    )
    lab.ssh("mail1", f"{RESTIC} restic -q backup --ignore-ctime {COPY}; rm -r /var/vmail/backup/*")


def test_a_mailbox_comes_back_as_it_was(filled: Lab) -> None:
    """One command: content, flags, dates, folders, subscriptions, filters; what is there stays."""
    before = mail(filled, ONE)
    filled.ssh("mail1", "systemctl start hopthu-backup-mail hopthu-backup-directory")
    copied = datetime.now(UTC)
    status = json.loads(filled.hopthu("backup", "status", "lab", "--format", "json").stdout)
    assert {("mail1", "mail"), ("mail1", "directory")} == {
        (row["host"], row["kind"]) for row in status["copies"] if row["copies"] and not row["old"]
    }
    filled.ssh(
        "mail1",
        f"doveadm expunge -u {ONE} mailbox '*' all; doveadm mailbox delete -u {ONE} 'Đơn từ/2026'; "
        f"echo 'discard;' | doveadm sieve put -u {ONE} -a loc; "
        f"printf 'Subject: new\\r\\n\\r\\nx\\r\\n' | doveadm save -u {ONE} -m INBOX",
    )
    now = mail(filled, ONE)
    said = restore(filled, ONE, copied).stdout
    assert "5 message(s) in 3 folder(s)" in said
    folder = f"Khôi phục {said.partition('Khôi phục ')[2][:16]}"
    assert before == mail(filled, ONE, f"{folder}/")
    assert now == [row for row in mail(filled, ONE) if not row["mailbox"].startswith("Khôi phục")]
    assert {f"{folder}/INBOX", f"{folder}/Đơn từ/2026"} == {
        name for name in folders(filled, ONE, "-s") if name.startswith(folder)
    }
    scripts = filled.ssh("mail1", f"doveadm sieve list -u {ONE} | sed 's, *$,,'").splitlines()
    assert {"loc ACTIVE", f"{folder} loc"} == {*scripts}
    assert "keep;" in filled.ssh("mail1", f"doveadm sieve get -u {ONE} '{folder} loc'")
    assert f"[mail {ONE}]" in filled.hopthu("history", "lab").stdout
    assert "has a folder" in restore(filled, ONE, copied, expect=4).stderr
    assert "no copy is as old" in restore(filled, ONE, copied - timedelta(hours=1), expect=3).stderr


@pytest.mark.parametrize(
    "change",
    [
        "f=$(ls Maildir/*/*:2,FS); mv $f ${f%S}",
        "f=$(ls Maildir/new/*48 | tail -1); cp -p $f /tmp/f; sed -i s/t/T/ $f; touch -r /tmp/f $f",
        "mv 'Maildir/Không theo dõi' Maildir/Theo",
        "echo 'discard;' >sieve/loc.sieve",
    ],
    ids=["flag", "byte", "folder", "filter"],
)
def test_a_copy_that_is_not_what_its_manifest_says_is_refused(filled: Lab, change: str) -> None:
    """One difference, and nothing is restored."""
    before = folders(filled, OTHER)
    copy_of(filled, change)
    assert (
        "not what its manifest says" in restore(filled, OTHER, datetime.now(UTC), expect=4).stderr
    )
    assert before == folders(filled, OTHER)
    assert "" == filled.ssh("mail1", "ls /var/vmail/backup")
