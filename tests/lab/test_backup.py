"""Copies: made, kept where nobody can change them, and mail brought back from them."""

import hashlib
import imaplib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import power
import pytest
from labs import CHECKOUT, Lab, applied, environment, forget_journals, in_network_of
from lost import burnt, steps, typed
from pypdf import PdfReader

from hopthu.daemons.backup import FOLDER, PROGRAM
from hopthu.daemons.openldap import DATABASE
from hopthu.model.calendar import VIETNAM

JOURNAL = "/var/lib/hopthu/journal.jsonl"
ONE, OTHER, DOCUMENT = "le-van-bay", "bui-tien-lam", "qd-933-ubnd-2026"
ADDRESS = "baylv"
UNIT, HEAD, SEEN_AS = "xa-tho-ngoc", "bui-khac-bien", "Đơn vị/Xã Thọ Ngọc"
LIKE = ("Thu 1", "Thu %")
"""Folders of the unit, of which the second is a pattern that the first fits, too."""
COPY = "/var/vmail/backup/copy"
IN_USE = "/var/vmail/people /var/vmail/units -mindepth 1 -maxdepth 1"
KEEPER, OTHER_KEEPER = "backup2", "backup1"
"""Each has all copies. Tests restore from the first of these, unless they say otherwise."""
NOTED = f"/var/lib/hopthu/copies/mail-repository-{KEEPER}"
"""Where a store has the name of this month's repository."""
LATER, EARLIER = "mail-2099-01", "mail-2026-01"
REPOSITORY = f"{FOLDER}/mail1/mail-????-??-??-*"
EVERYTHING = ("hopthu-backup-mail", "hopthu-backup-directory", "hopthu-backup-records")
RESTIC = (
    f"set -a; . /etc/hopthu/backup/to/{KEEPER}; "
    f"RESTIC_REPOSITORY=$HOPTHU_BACKUP/$(basename $(cat {NOTED})); set +a; "
)


@pytest.fixture(scope="module")
def lab(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Every role on one host and two with its copies; HOPTHU_TEST_BACKUP may name one."""
    if folder := os.environ.get("HOPTHU_TEST_BACKUP"):
        yield Lab(Path(folder).resolve())
        return
    yield from applied(snapshots, "backup", tmp_path_factory.mktemp("backup"))


def fill(lab: Lab, person: str) -> None:
    """Give somebody mail with flags, words and dates, folders, subscriptions and a filter."""
    lab.ssh(
        "mail1",
        f"""set -e
letter() {{ printf 'Message-ID: <%s@example.org>\\r\\n\\r\\nthư số %s\\r\\n' $1 $1; }}
for n in 1 2; do letter $n | doveadm save -u {person} -m INBOX -r 2021-03-0$n; done
for n in 3 6 7; do letter $n | doveadm save -u {person} -m INBOX; done
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
    """Two people have mail, and a unit, whose head has read some of it; all of it is copied."""
    for person in (ONE, OTHER, UNIT):
        fill(lab, person)
    lab.ssh(
        "mail1",
        f"""set -e
doveadm flags add -u {HEAD} '\\Seen' mailbox '{SEEN_AS}' 2
doveadm flags add -u {HEAD} '\\Seen' mailbox '{SEEN_AS}/Đơn từ/2026' 1
""",
    )
    for folder in LIKE:
        lab.ssh(
            "mail1",
            f"doveadm mailbox create -u {UNIT} '{folder}'; "
            f"printf 'Subject: x\\r\\n\\r\\nsố\\r\\n' | doveadm save -u {UNIT} -m '{folder}'",
        )
    lab.ssh("mail1", f"doveadm flags add -u {HEAD} '\\Seen' mailbox '{SEEN_AS}/{LIKE[1]}' 1")
    lab.ssh("mail1", f"doveadm flags remove -u {HEAD} '\\Seen' mailbox '{SEEN_AS}/{LIKE[0]}' 1")
    lab.ssh("mail1", f"systemctl start {' '.join(EVERYTHING)}")
    return lab


@dataclass(frozen=True)
class Copied:
    """A moment at which copies had arrived, and what two mailboxes had then."""

    at: datetime
    mail: dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def copied(filled: Lab) -> Copied:
    """What there was when the copies were made; every test asks for it, the first in time."""
    seconds = filled.ssh(KEEPER, f"stat -c %Y {REPOSITORY}/snapshots/* | sort -n | tail -1")
    was = {person: mail(filled, person) for person in (ONE, OTHER)}
    at = datetime.fromtimestamp(int(seconds), UTC)
    while datetime.now(UTC) < at + timedelta(minutes=1):
        time.sleep(1)  # --at is told by the minute: what is added in the same one is taken
    return Copied(at, was)


def mail(lab: Lab, person: str, below: str = "", more: str = "*") -> list[dict[str, str]]:
    """Return what the Dovecot that serves has, below a folder."""
    fields = "mailbox guid date.received flags size.physical text"
    said = lab.ssh("mail1", f"doveadm -f json fetch -u {person} '{fields}' mailbox '{below}{more}'")
    rows = [row for row in json.loads(said) if row["mailbox"].startswith(below)]
    for row in rows:
        row["mailbox"] = row["mailbox"].removeprefix(below)
        row["flags"] = " ".join(sorted(set(row["flags"].split()) - {"\\Recent"}))
    return sorted(rows, key=lambda row: (row["mailbox"], row["guid"]))


def seen_by_head(lab: Lab, below: str = "") -> list[dict[str, str]]:
    """Return the messages of the unit, below a folder, that its head has seen."""
    top = f"{SEEN_AS}/{below}"
    rows = [*([] if below else mail(lab, HEAD, SEEN_AS, "")), *mail(lab, HEAD, top)]
    return [
        {**row, "mailbox": row["mailbox"] or "INBOX"}
        for row in rows
        if "\\Seen" in row["flags"] and not row["mailbox"].startswith("Khôi phục")
    ]


def uids(lab: Lab, person: str) -> set[tuple[str, str, str]]:
    """Return what mail programs know messages by: folder, UIDVALIDITY and UID."""
    said = lab.ssh("mail1", f"doveadm -f json fetch -u {person} 'mailbox uid' mailbox '*'")
    status = f"doveadm -f json mailbox status -u {person} uidvalidity '*'"
    validity = {row["mailbox"]: row["uidvalidity"] for row in json.loads(lab.ssh("mail1", status))}
    return {(m["mailbox"], validity[m["mailbox"]], m["uid"]) for m in json.loads(said)}


def folders(lab: Lab, person: str, *options: str) -> list[str]:
    """Return the folders that there are."""
    said = lab.ssh("mail1", f"doveadm mailbox list -u {person} {' '.join(options)}")
    return said.splitlines()


def restore(
    lab: Lab, *what: str, at: datetime, expect: int = 0, keeper: str | None = KEEPER
) -> str:
    """Restore as of the end of the minute after a moment; return the new folder, or the failure."""
    minute = f"{at.astimezone(VIETNAM) + timedelta(minutes=1):%Y-%m-%d %H:%M}"
    kind, *rest = what
    words = ("restore", kind, "lab", *rest, "--at", minute, "--basis", DOCUMENT, "--lang", "en")
    done = lab.hopthu(*words, *(("--from", keeper) if keeper else ()), expect=expect)
    return done.stderr if expect else done.stdout.partition("the folder ")[2].partition(" [")[0]


def on_store(lab: Lab, program: str, then: str = "") -> str:
    """Run a program on the store with what its timers run, and a command after it."""
    begin = f"import sys; sys.path.insert(0, '{PROGRAM}')\nfrom hopthu.remote.host import backup\n"
    return lab.ssh("mail1", f"python3 -IS -X utf8 - {then}", (begin + program).encode())


def copy_of(lab: Lab, change: str) -> None:
    """Send a copy of the mailbox alone, after a change of what lies beside its manifest."""
    program = (
        "from pathlib import Path\n"
        "def one():\n"
        "    backup.emptied(backup.COPY)\n"
        f"    home = backup.COPY / 'people/{OTHER}'\n"
        f"    backup._copy(Path('/var/vmail/people/{OTHER}'), home)\n"
        "    backup._write([], home, backup.emptied(backup.PLACE / 'index'), {})\n"
        "backup.as_owner(one)\n"
    )
    on_store(lab, program, f"&& cd {COPY}/people/{OTHER}/ && {change}")
    send = "import json\nbackup.result('mail').write_text(json.dumps(backup.send_mail()))\n"
    on_store(lab, send, "; code=$?; rm -r /var/vmail/backup/*; exit $code")


def test_a_mailbox_comes_back_as_it_was(filled: Lab, copied: Copied) -> None:
    """One command: content, flags, dates, folders, subscriptions, filters; what is there stays."""
    before = copied.mail[ONE]
    status = json.loads(filled.hopthu("backup", "status", "lab", "--format", "json").stdout)
    kinds = ("mail", "directory", "records")
    assert {(keeper, kind) for keeper in (KEEPER, OTHER_KEEPER) for kind in kinds} == {
        (row["keeper"], row["kind"]) for row in status["copies"] if row["copies"] and not row["old"]
    }
    filled.ssh(
        "mail1",
        f"doveadm expunge -u {ONE} mailbox '*' all; doveadm mailbox delete -u {ONE} 'Đơn từ/2026'; "
        f"echo 'discard;' | doveadm sieve put -u {ONE} -a loc; "
        f"printf 'Subject: new\\r\\n\\r\\nx\\r\\n' | doveadm save -u {ONE} -m INBOX",
    )
    now = mail(filled, ONE)
    folder = restore(filled, "mailbox", ONE, at=copied.at)
    assert before == mail(filled, ONE, f"{folder}/")
    assert now == [row for row in mail(filled, ONE) if not row["mailbox"].startswith("Khôi phục")]
    assert {f"{folder}/INBOX", f"{folder}/Đơn từ/2026"} == {
        name for name in folders(filled, ONE, "-s") if name.startswith(folder)
    }
    scripts = filled.ssh("mail1", f"doveadm sieve list -u {ONE} | sed 's, *$,,'").splitlines()
    assert {"loc ACTIVE", f"{folder} loc"} == {*scripts}
    assert "keep;" in filled.ssh("mail1", f"doveadm sieve get -u {ONE} '{folder} loc'")
    assert f"[mail {ONE}]" in filled.hopthu("history", "lab").stdout
    earlier = copied.at - timedelta(hours=1)
    assert "no copy is as old" in restore(filled, "mailbox", ONE, at=earlier, expect=3)


def test_a_folder_and_a_message_come_back(filled: Lab, copied: Copied) -> None:
    """Alone, as they were; each into a folder of its own, though of the same copy."""
    before = copied.mail[OTHER]
    filled.ssh("mail1", f"doveadm expunge -u {OTHER} mailbox 'Đơn từ/2026' all")
    folder = restore(filled, "folder", OTHER, "Đơn từ/2026", at=copied.at)
    wanted = [row for row in before if row["mailbox"] == "Đơn từ/2026"]
    assert wanted == mail(filled, OTHER, f"{folder}/")
    message = restore(filled, "message", OTHER, "1@example.org", at=copied.at)
    wanted = [row for row in before if "<1@example.org>" in row["text"]]
    assert 1 == len(wanted)
    assert wanted == mail(filled, OTHER, f"{message}/")
    assert f"{folder} (2)" == message
    failure = restore(filled, "message", OTHER, "9@example.org", at=copied.at, expect=4)
    assert "has no message of what is asked for" in failure


def test_a_units_mailbox_comes_back_with_what_its_head_has_seen(
    filled: Lab, copied: Copied
) -> None:
    """In the new folder, which has other UIDs; of others, who have seen nothing, it is new."""
    folder = restore(filled, "mailbox", UNIT, at=copied.at)
    assert mail(filled, UNIT, f"{folder}/") == [
        row for row in mail(filled, UNIT) if not row["mailbox"].startswith("Khôi phục")
    ]
    read = f"doveadm -f tab fetch -u {HEAD} text mailbox '{SEEN_AS}/{folder}/%s' SEEN | grep -c số"
    counts = [filled.ssh("mail1", f"{read % name} || true") for name in ("INBOX", "Đơn từ/2026")]
    assert ["1\n", "1\n"] == counts
    seen = {row["mailbox"] for row in seen_by_head(filled, f"{folder}/")}
    assert {"INBOX", "Đơn từ/2026", "Thu %"} == seen
    subscribed = {name.partition(f"{folder}/")[2] for name in folders(filled, HEAD, "-s")}
    assert {"INBOX", "Đơn từ/2026"} <= subscribed
    assert "Không theo dõi" not in subscribed


def test_a_mailbox_comes_back_in_place(filled: Lab, copied: Copied) -> None:
    """As it was; what came since stays, and no program takes a message for one that it knew."""
    before, known = copied.mail[ONE], uids(filled, ONE)
    filled.ssh(
        "mail1",
        f"""set -e
letter() {{ printf 'Message-ID: <%s@example.org>\\r\\n\\r\\nthư số %s\\r\\n' $1 $1; }}
letter late | doveadm save -u {ONE} -m INBOX
doveadm mailbox create -u {ONE} -s 'Mới' 'Rỗng'
letter new | doveadm save -u {ONE} -m 'Mới'
doveadm flags add -u {ONE} '\\Seen Gap' mailbox 'Mới' all
doveadm flags remove -u {ONE} '\\Seen \\Flagged' mailbox INBOX all
doveadm mailbox unsubscribe -u {ONE} 'Đơn từ/2026'
echo 'discard;' | doveadm sieve put -u {ONE} -a loc
""",
    )
    since = [row for row in mail(filled, ONE) if re.search("số (late|new)", row["text"])]
    since += [row for row in mail(filled, ONE) if "Subject: new" in row["text"]]
    restore(filled, "mailbox", ONE, "--in-place", at=copied.at)
    found = mail(filled, ONE)
    assert without_name([*before, *since]) == without_name(found)
    assert before == [row for row in found if row["guid"] in {row["guid"] for row in before}]
    assert {"Mới", "Đơn từ/2026", "Không theo dõi"} <= {*folders(filled, ONE)}
    assert "Rỗng" not in folders(filled, ONE)
    assert "Đơn từ/2026" in folders(filled, ONE, "-s")
    assert "keep;" in filled.ssh("mail1", f"doveadm sieve get -u {ONE} loc")
    filled.ssh("mail1", f"printf 'Subject: x\\r\\n\\r\\nx\\r\\n' | doveadm save -u {ONE} -m INBOX")
    assert known.isdisjoint(uids(filled, ONE))
    assert "" == filled.ssh("mail1", "ls /var/vmail/backup")


def without_name(rows: list[dict[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """Return messages without their GUIDs: what came since a copy has another afterwards."""
    return sorted(tuple(sorted({**row, "guid": ""}.items())) for row in rows)


def test_a_units_mailbox_comes_back_in_place(filled: Lab, copied: Copied) -> None:
    """Its head has seen what they had seen then, and may still read it; others have no trace."""
    seen = [row for row in seen_by_head(filled) if "số" in row["text"]]
    assert {"INBOX", "Đơn từ/2026", "Thu %"} == {row["mailbox"] for row in seen}
    known = uids(filled, UNIT)
    filled.ssh(
        "mail1",
        f"doveadm flags add -u {HEAD} '\\Seen' mailbox '{SEEN_AS}' all; "
        f"doveadm expunge -u {UNIT} mailbox 'Đơn từ/2026' all",
    )
    restore(filled, "mailbox", UNIT, "--in-place", at=copied.at)
    assert without_name(seen) == without_name(seen_by_head(filled))
    assert known.isdisjoint(uids(filled, UNIT))


@pytest.mark.parametrize(
    "change",
    [
        "f=$(ls Maildir/*/*:2,FS); mv $f ${f%S}",
        "f=$(ls Maildir/new/* | tail -1); cp -p $f /tmp/f; sed -i s/t/T/ $f; touch -r /tmp/f $f",
        "mv 'Maildir/Không theo dõi' Maildir/Theo",
        "echo 'discard;' >sieve/loc.sieve",
    ],
    ids=["flag", "byte", "folder", "filter"],
)
def test_a_copy_that_is_not_what_its_manifest_says_is_refused(filled: Lab, change: str) -> None:
    """One difference, and nothing is restored."""
    before = folders(filled, OTHER)
    copy_of(filled, change)
    assert "not what its manifest says" in restore(
        filled, "mailbox", OTHER, at=datetime.now(UTC), expect=4
    )
    assert before == folders(filled, OTHER)
    assert "" == filled.ssh("mail1", "ls /var/vmail/backup")


def test_a_drill_that_should_fail_fails(filled: Lab) -> None:
    """One flag in the newest copy is another: the nightly drill finds it, and status says so."""
    copy_of(filled, "f=$(ls Maildir/*/*:2,FS); mv $f ${f%S}")
    ended = filled.ssh("mail1", "systemctl start hopthu-backup-drill 2>/dev/null; echo $?")
    assert "1\n" == ended
    said = filled.ssh("mail1", "journalctl --quiet --output cat --unit hopthu-backup-drill")
    assert "1 mailboxes with 0 messages, 1 wrong" in said
    assert f"people/{OTHER}: the copy is not what its manifest says" in said
    status = filled.hopthu("backup", "status", "lab", "--lang", "en", expect=4).stdout
    assert "not all came back as it was: journalctl -u hopthu-backup-drill.service" in status
    ended = filled.ssh("mail1", "systemctl start hopthu-backup-rebuild 2>/dev/null; echo $?")
    assert "1\n" == ended
    said = filled.ssh("mail1", "journalctl --quiet --output cat --unit hopthu-backup-rebuild")
    assert "1 mailboxes, 1 wrong" in said
    assert f"people/{OTHER}: the copy is not what its manifest says" in said
    forget = "systemctl reset-failed hopthu-backup-rebuild; rm /var/lib/hopthu/copies/rebuild"
    filled.ssh("mail1", forget)  # it is the next month, and status asks for nothing of this one


def test_nothing_but_mail_is_read_for_a_copy(filled: Lab) -> None:
    """Whoever owns the mail puts a folder of root's in place of the copy: restic finds nothing."""
    mail, decoy = "/var/vmail", "/root/decoy"
    filled.ssh(
        "mail1",
        f"mkdir -p {decoy}/copy && echo secret >{decoy}/copy/of-root && "
        f"runuser -u vmail -- sh -c 'mv {mail}/backup {mail}/was; ln -s {decoy} {mail}/backup'",
    )
    try:
        said = on_store(filled, "print(backup.send_mail())\n", "2>&1 || true")
    finally:
        filled.ssh("mail1", f"rm {mail}/backup && mv {mail}/was {mail}/backup")
    assert "all source directories/files do not exist" in said
    assert "of-root" not in filled.ssh("mail1", f"{RESTIC} restic ls latest")


def test_what_reads_mail_for_a_copy_ends_with_its_unit(filled: Lab) -> None:
    """Stopped, the unit leaves nothing behind that reads on for hours."""
    program = (
        f"import subprocess, sys; sys.path.insert(0, '{PROGRAM}'); "
        "from hopthu.remote.host import backup; "
        f"subprocess.run([*backup.seeing_mail_alone('{KEEPER}'), 'sleep', '4321'])"
    )
    said = filled.ssh(
        "mail1",
        f"""systemd-run --quiet --unit=copying python3 -IS -X utf8 -c "{program}"
there() {{ pgrep -xf '/usr/bin/sleep 4321'; }}
for n in $(seq 300); do there >/dev/null && break; sleep 0.1; done
there >/dev/null || echo never
systemctl stop copying
for n in $(seq 100); do there >/dev/null || break; sleep 0.1; done
there || true
""",
    )
    assert "" == said


def ask(method: str, path: str, content: str = "") -> str:
    """Return a command that asks the server for something, with the password of the host."""
    return (
        "python3 - <<'END'\n"
        "import base64, os, ssl, urllib.request\n"
        "pair = f\"{os.environ['RESTIC_REST_USERNAME']}:{os.environ['RESTIC_REST_PASSWORD']}\"\n"
        "word = base64.b64encode(pair.encode()).decode()\n"
        f"url = os.environ['RESTIC_REPOSITORY'].removeprefix('rest:') + '/{path}'\n"
        f"asked = urllib.request.Request(url, {content.encode()!r} or None, "
        f"{{'Authorization': f'Basic {{word}}'}}, method='{method}')\n"
        "trust = ssl.create_default_context(cafile=os.environ['RESTIC_CACERT'])\n"
        "urllib.request.urlopen(asked, context=trust)\n"
        "END\n"
    )


def test_root_on_a_store_cannot_change_yesterday(filled: Lab, copied: Copied) -> None:
    """After all these ways every byte of yesterday is there, and restores at once."""
    before = copied.mail[OTHER]
    snapshot = filled.ssh(KEEPER, f"ls -t {REPOSITORY}/snapshots | tail -1").strip()
    index = filled.ssh(KEEPER, f"ls {REPOSITORY}/index | head -1").strip()
    key = filled.ssh(KEEPER, f"ls {REPOSITORY}/keys").strip()
    sums = filled.ssh(KEEPER, f"find {REPOSITORY} -type f ! -path '*/locks/*' | xargs sha256sum")
    garbage = "not what stands there"
    name = hashlib.sha256(garbage.encode()).hexdigest()
    ways = {
        "forget": f"restic forget {snapshot}",
        "prune": "restic prune --max-unused 0",
        "remove a snapshot": ask("DELETE", f"snapshots/{snapshot}"),
        "remove an index": ask("DELETE", f"index/{index}"),
        "remove the key": ask("DELETE", f"keys/{key}"),
        "replace a snapshot": ask("POST", f"snapshots/{snapshot}", garbage),
        "replace the configuration": ask("POST", "config", garbage),
        "make it anew": ask("POST", "?create=true", garbage),
        "read another's": ask("GET", "../../backup1/mail/config"),
        "a key of one's own": "echo x >/tmp/x; restic key add --new-password-file /tmp/x",
        "a snapshot of earlier": "restic backup --time '2020-01-01 00:00:00' /etc/hostname",
        "a snapshot of later": "restic backup --time '2099-01-01 00:00:00' /etc/hostname",
        "ransom": f"for f in /var/vmail/people/{OTHER}/Maildir/new/*; do echo pay >$f; done; "
        "systemctl start hopthu-backup-mail",
        "an index that is none": ask("POST", f"index/{name}", garbage),
        "a lock": ask("POST", f"locks/{name}", garbage),
        "a snapshot that is none": ask("POST", f"snapshots/{name}", garbage),
        "a later month": f"RESTIC_REPOSITORY=$HOPTHU_BACKUP/{LATER}; restic init; "
        "for n in 1 2 3; do restic backup --time '2099-01-01 00:00:00' /etc/hostname; done",
    }  # fmt: skip
    for way in ways.values():
        filled.ssh("mail1", f"{RESTIC} {way} >/dev/null 2>&1 || true")
    filled.ssh(KEEPER, "systemctl start hopthu-backup-prune")
    filled.ssh(KEEPER, "sha256sum --quiet --check", sums.encode())
    dead = filled.ssh(
        "mail1", f"{RESTIC} restic ls --no-lock {snapshot} / >/dev/null 2>&1; echo $?"
    )
    assert "1\n" == dead
    folder = restore(filled, "mailbox", OTHER, at=copied.at)
    assert before == mail(filled, OTHER, f"{folder}/")
    there = filled.ssh(KEEPER, f"ls --ignore='[dr]*' {FOLDER}/mail1")
    assert {filled.ssh("mail1", f"basename $(cat {NOTED})").strip(), LATER} == {*there.split()}
    # As docs/backup.md says: what arrived since is set aside, and copies can be made again.
    moment = f"{copied.at + timedelta(seconds=1):%Y-%m-%d %H:%M:%S} UTC"
    filled.ssh(KEEPER, f"find {REPOSITORY} -type f -newermt '{moment}' -delete")
    filled.ssh(KEEPER, f"rm -r {FOLDER}/mail1/{LATER}")
    filled.ssh("mail1", f"rm /var/vmail/people/{OTHER}/Maildir/new/*")


def test_old_copies_are_removed_by_who_keeps_them(filled: Lab, copied: Copied) -> None:
    """A month's together, without a key, after newer ones; status still knows the others."""
    prune, mornings = "systemctl start hopthu-backup-prune", "/var/lib/hopthu/copies/mornings"
    filled.ssh(KEEPER, f"cp -a {REPOSITORY} {FOLDER}/mail1/{EARLIER} && {prune}")
    noted = json.loads(filled.ssh(KEEPER, f"cat {mornings}"))
    noted["mail1/mail"][f"mail1/{EARLIER}"][1] = 90
    filled.ssh(KEEPER, f"cat >{mornings} && {prune}", json.dumps(noted).encode())
    there = f"ls --ignore='[dr]*' {FOLDER}/mail1"
    assert EARLIER in filled.ssh(KEEPER, there)
    filled.ssh("mail1", "systemctl start hopthu-backup-mail")
    filled.ssh(KEEPER, prune)
    assert filled.ssh("mail1", f"basename $(cat {NOTED})") == filled.ssh(KEEPER, there)
    said = filled.ssh(KEEPER, "journalctl --quiet --output cat --unit hopthu-backup-prune")
    assert f"mail1/{EARLIER} is removed" in said
    assert restore(filled, "folder", OTHER, "INBOX", at=copied.at)


def test_a_lock_that_was_left_behind_is_none(filled: Lab) -> None:
    """Whoever held it alone was killed: the next copy does not wait for it."""
    filled.ssh(
        "mail1",
        f"""{RESTIC}
restic check --read-data --limit-download 1 >/dev/null 2>&1 & check=$!
until restic list locks --no-lock 2>/dev/null | grep -q .; do :; done
kill -9 $check
""",
    )
    assert "" != filled.ssh(KEEPER, f"ls {REPOSITORY}/locks")
    began = time.monotonic()
    copy_of(filled, "true")
    assert time.monotonic() - began < 300
    assert "" == filled.ssh(KEEPER, f"ls {REPOSITORY}/locks")


def test_a_full_disk_loses_nothing(filled: Lab) -> None:
    """A store that sends all it can fills its own file system; what was there stays."""
    home, aside = f"{FOLDER}/mail1", f"{FOLDER}/aside"
    sums = filled.ssh(KEEPER, f"find {home} -type f ! -path '*/locks/*' | xargs sha256sum")
    filled.ssh(
        KEEPER,
        f"""set -e
mv {home} {aside}; mkdir {home}
mount -t tmpfs -o size=$(($(du -sk {aside} | cut -f1) * 2 + 4000))k tmpfs {home}
cp -a {aside}/. {home}; chown --reference {aside} {home}
""",
    )
    try:
        failed = filled.ssh(
            "mail1",
            f"head -c 50M /dev/urandom >/var/tmp/much; {RESTIC} "
            "timeout 90 restic backup /var/tmp/much >/dev/null 2>&1; echo $?; rm /var/tmp/much",
        )
        free = int(filled.ssh(KEEPER, f"df --output=avail {home} | tail -1"))
        filled.ssh(KEEPER, "sha256sum --quiet --check", sums.encode())
    finally:
        filled.ssh(KEEPER, f"umount {home} && rmdir {home} && mv {aside} {home}")
    assert "0\n" != failed
    assert free < 50 * 1024
    # Its timer may have sent one meanwhile that went with the full disk.
    filled.ssh("mail1", "systemctl start hopthu-backup-directory")
    copy_of(filled, "true")


def test_the_nightly_drill_restores_mailboxes_at_random(filled: Lab) -> None:
    """From the newest copy, beside, and one that was touched since; nothing is left of it."""
    touched = "/var/lib/hopthu/copies/touched/units"
    filled.ssh(
        "mail1",
        f"mkdir -p {touched} && touch {touched}/{UNIT} && "
        "systemctl start hopthu-backup-mail && systemctl start hopthu-backup-drill",
    )
    assert "" == filled.ssh("mail1", f"ls {touched}")
    said = filled.ssh("mail1", "journalctl --quiet --output cat --unit hopthu-backup-drill")
    assert re.search("^21 mailboxes with [0-9]+ messages, 0 wrong$", said, re.MULTILINE)
    assert "" == filled.ssh("mail1", "ls /var/vmail/backup")
    filled.hopthu("backup", "status", "lab")


def test_the_monthly_drill_restores_everything(filled: Lab) -> None:
    """The store and the directory, from copies alone, beside; nothing is left of it."""
    everything = "slapcat -o ldif-wrap=no 2>/dev/null | grep -c ^dn:"
    mailboxes = filled.ssh("mail1", f"find {IN_USE} | wc -l").strip()
    filled.ssh("mail1", "systemctl start hopthu-backup-directory")
    done = filled.hopthu("backup", "drill", "lab", "--lang", "en").stdout
    assert "mail1: all of it was restored beside, and was as it had been" in done
    assert done.strip() in filled.hopthu("history", "lab", "--lang", "en").stdout
    said = filled.ssh("mail1", "journalctl --quiet --output cat --unit hopthu-backup-rebuild")
    assert f"{mailboxes} mailboxes, 0 wrong" in said
    assert f"the directory with {filled.ssh('mail1', everything).strip()} entries" in said
    assert "" == filled.ssh(
        "mail1", f"ls /var/vmail/backup; ls -d {DATABASE}.* 2>/dev/null || true"
    )
    today = f"{datetime.now(VIETNAM):%Y-%m-%d}"
    status = filled.hopthu("backup", "status", "lab", "--lang", "en").stdout
    assert 4 == status.count(f"All of it was restored beside on {today}, and was as it had been")


def test_one_that_keeps_copies_is_lost(filled: Lab, copied: Copied) -> None:
    """It has no way to the other, which goes on, and from which mail comes back."""
    wanted = [row for row in copied.mail[OTHER] if row["mailbox"] == "INBOX"]
    for port in (22, 8000):
        way = f"timeout 3 bash -c '</dev/tcp/10.88.0.61/{port}' 2>/dev/null; echo $?"
        assert "0\n" != filled.ssh(KEEPER, way)
    count = f"ls {FOLDER}/mail1/directory-*/snapshots | grep -vc :"
    before = int(filled.ssh(OTHER_KEEPER, count))
    power.stop(filled.state, KEEPER)
    try:
        folder = restore(filled, "folder", OTHER, "INBOX", at=copied.at, keeper=None)
        ended = filled.ssh("mail1", "systemctl start hopthu-backup-directory 2>/dev/null; echo $?")
        status = filled.hopthu("backup", "status", "lab", "--lang", "en", expect=4).stdout
    finally:
        filled.disconnect()
        power.start(filled.state, KEEPER)
    assert wanted == mail(filled, OTHER, f"{folder}/")
    assert "1\n" == ended
    assert before + 1 == int(filled.ssh(OTHER_KEEPER, count))
    assert "the last run did not do all of it" in status
    lost = [line for line in status.splitlines() if f"on {KEEPER}" in line]
    assert lost
    assert all("No copy of the last" in line for line in lost)
    filled.ssh("mail1", "systemctl start hopthu-backup-directory")


IN_PLACE = "find /var/vmail/people /var/vmail/units -maxdepth 2 -name .restored | wc -l"
KILL = (
    "for p in /proc/[0-9]*; do ls -l $p/fd 2>/dev/null | grep -q moves.lock && "
    "kill -9 ${p#/proc/}; done; true"
)


def test_a_lost_store_comes_back(filled: Lab, copied: Copied) -> None:
    """Killed in the middle and run again: all is as it was, with what came since; UIDs are new."""
    filled.ssh("mail1", "systemctl start hopthu-backup-mail")
    people = (ONE, OTHER, UNIT, HEAD)
    was = {person: mail(filled, person) for person in people}
    validity = f"doveadm -f tab mailbox status -u {ONE} uidvalidity INBOX | tail -1"
    before = filled.ssh("mail1", validity)
    filled.ssh(
        "mail1",
        "rm -r /var/vmail/people/* /var/vmail/units/*; printf 'Message-ID: <since@example.org>"
        f"\\r\\n\\r\\nthư mới\\r\\n' | doveadm save -u {ONE} -m INBOX",
    )
    minute = f"{datetime.now(VIETNAM) + timedelta(minutes=1):%Y-%m-%d %H:%M}"
    words = ("restore", "store", "lab", "mail1", "--at", minute, "--basis", DOCUMENT)
    with subprocess.Popen(
        [sys.executable, "-m", "hopthu", *words], cwd=CHECKOUT, env=environment(filled)
    ) as operator:
        while not int(filled.ssh("mail1", IN_PLACE)):
            assert operator.poll() is None
        operator.kill()
    filled.ssh("mail1", KILL)
    assert "cut off" in filled.hopthu("history", "lab", "--lang", "en").stdout
    done = filled.hopthu(*words, "--lang", "en").stdout
    assert int(filled.ssh("mail1", IN_PLACE)) == int(re.findall(r"(\d+) mailbox", done)[0])
    found = {person: mail(filled, person) for person in people}
    (new,) = [row for row in found[ONE] if "since@example.org" in row["text"]]
    found[ONE].remove(new)
    assert was == found
    assert before != filled.ssh("mail1", validity)
    assert "" == filled.ssh("mail1", "ls /var/vmail/backup")
    again = filled.hopthu(*words, "--lang", "en").stdout
    assert done == again
    filled.hopthu("apply", "lab", "--yes")


def choose_password(lab: Lab, person: str, new: str) -> None:
    """Replace a person's first password, as the person does."""
    change = (
        "umask 077; cd $(mktemp -d); read -r old; read -r new; printf %s $old >old; "
        "printf %s $new >new; LDAPTLS_CACERT=/etc/hopthu/tls/ca.pem ldappasswd -x "
        "-H ldaps://10.88.0.11 -y old -t old -T new "
        f"-D uid={person},ou=people,dc=thanhhoa,dc=gov,dc=vn"
    )
    lab.ssh("mail1", change, f"{lab.passwords[person]}\n{new}\n".encode())


def signs_in(lab: Lab, address: str, password: str) -> None:
    """Sign in where mail is read."""
    with in_network_of(lab) as (known, context):
        session = imaplib.IMAP4_SSL(known.host("mail1").address, ssl_context=context)
        session.login(f"{address}@thanhhoa.gov.vn", password)
        session.logout()


def test_the_directory_comes_back(filled: Lab) -> None:
    """Emptied and filled from the copy: every entry, and who chose a password signs in with it."""
    new = "Bien-xanh-2026"
    choose_password(filled, ONE, new)
    everything = "slapcat -o ldif-wrap=no 2>/dev/null | sort"
    was = filled.ssh("mail1", everything)
    filled.ssh("mail1", "systemctl start hopthu-backup-directory")
    refused = restore(filled, "directory", at=datetime.now(UTC), expect=4)
    assert "this directory is not empty; nothing was changed" in refused
    assert was == filled.ssh("mail1", everything)
    # As docs/backup.md says.
    filled.ssh("mail1", f"systemctl stop slapd && rm {DATABASE}/*.mdb && systemctl start slapd")
    assert "" == filled.ssh("mail1", everything)
    restore(filled, "directory", at=datetime.now(UTC))
    assert was == filled.ssh("mail1", everything)
    assert "[directory mail1]" in filled.hopthu("history", "lab").stdout
    signs_in(filled, ADDRESS, new)


def test_a_lost_centre_comes_back(filled: Lab, tmp_path: Path) -> None:
    """By the page alone, on a new machine, from the sealed sheet and the host with the copies.

    Daily runs go on from there. The clone has known_hosts where a province has it: in its commits.
    """
    new, people = "Nui-cao-song-dai-2026", (ONE, OTHER, UNIT)
    choose_password(filled, OTHER, new)
    filled.ssh("mail1", HOSTS_IN_COMMITS)
    filled.ssh("mail1", f"systemctl start {' '.join(EVERYTHING)}")
    filled.hopthu("backup", "status", "lab")
    was = [mail(filled, person) for person in people], seen_by_head(filled)
    passwords = "slapcat -o ldif-wrap=no 2>/dev/null | grep -E '^(dn|userPassword):'"
    known, journal = (filled.ssh("mail1", each) for each in (passwords, f"cat {JOURNAL}"))
    path = tmp_path / "sheet.pdf"
    filled.hopthu("secrets", "sheet", "lab", "-o", str(path))
    (page,) = PdfReader(path).pages
    key = re.findall("^[-A-Z0-9]{20,}$", page.extract_text(), re.MULTILINE)
    values = {
        "backup": "10.88.0.61", "operator": "mail1", "provider": "mail1", "stores": "mail1",
        "provider_address": "10.88.0.11", "everybody": "'10.88.0.11 10.88.0.61 10.88.0.62'",
        "inventory": "lab",
        "at": f"'{datetime.now(VIETNAM) + timedelta(minutes=1):%Y-%m-%d %H:%M}'",
    }  # fmt: skip
    burnt(filled, "mail1")
    begin, tools, *rest = steps("lost-centre.md", values)
    said = type_on(filled, [begin, tools])
    for name in ("mail1", KEEPER, OTHER_KEEPER):  # at their consoles
        filled.ssh(name, "cat >>/root/.ssh/authorized_keys", said.splitlines()[-1].encode())
    type_on(filled, [begin, *rest], {"tr -d": "".join(f"{line}\n" for line in key)})
    signs_in(filled, "lambt", new)
    assert was == ([mail(filled, person) for person in people], seen_by_head(filled))
    assert known == filled.ssh("mail1", passwords)
    assert filled.ssh("mail1", f"cat {JOURNAL}").startswith(journal)
    daily = "systemctl start hopthu-daily; systemctl show -P ExecMainStatus hopthu-daily"
    assert "0\n" == filled.ssh("mail1", daily), filled.ssh("mail1", "journalctl -u hopthu-daily")
    forget_journals(filled)  # hosts with copies have been full, and stopped, before
    # The checkout of the tests does not have the commit of the new machine.
    said = json.loads(filled.hopthu("verify", "lab", "--format", "json", expect=4).stdout)
    failed = {each["id"]: each["detail"] for each in said["probes"] if not each["passed"]}
    assert ["on-its-day"] == [*failed], failed
    assert "does not have what was applied" in failed["on-its-day"]
    filled.ssh("mail1", f"systemctl start {' '.join(EVERYTHING)}")
    filled.hopthu("backup", "status", "lab")


HOSTS_IN_COMMITS = """set -e
cd /srv/hopthu
mv .lab/ssh/known_hosts inventory/known_hosts
ln -s ../../inventory/known_hosts .lab/ssh/known_hosts
chown -h hopthu: inventory/known_hosts .lab/ssh/known_hosts
as() { runuser -u hopthu -- git -c user.name=x -c user.email=x@example.org "$@"; }
as add inventory/known_hosts
as commit --quiet --message "Hosts"
"""


def type_on(lab: Lab, blocks: list[str], asked: Mapping[str, str] | None = None) -> str:
    """Type blocks of commands into one shell on the new machine; return what they say."""
    script = typed(blocks, asked or {})
    return lab.ssh("mail1", "bash -e -o pipefail -s 2>&1", script.encode())
