"""Changing access on a store: files of rights and readers, subscriptions, sessions that end."""

import grp
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hopthu.remote.host import baseline_access, touched, unit_access
from hopthu.remote.host.files import acting_as
from hopthu.remote.host.packing import packed, unpacked
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unit_access import Changes

OWNER = pwd.getpwuid(os.getuid()).pw_name
GROUP = grp.getgrgid(os.getgid()).gr_name
LISTED = (
    "binh::::::: userdb_namespace/unit0/disabled=no userdb_unit0=stc "
    "userdb_unit0_folder=Sở%{literal('\\x20')}Tài%{literal('\\x20')}chính\n"
)
ALL: Changes = {
    "revoked": [("stc/Maildir/Hồ\tsơ", ""), ("stc/Maildir", "user=chi lr\n")],
    "subscribed": [("binh", "stc")],
    "listed": packed(LISTED),
    "ended": ["an"],
    "granted": [("stc/Maildir", "user=binh lr\nuser=chi lr\n")],
}
NOTHING: Changes = {
    "revoked": [], "subscribed": [], "listed": packed(""), "ended": [], "granted": [],
}  # fmt: skip
LISTS = "people/binh/unit-lists/stc"
SUBSCRIBED = "V\t2\n\n\nSent\nTrash\n"
DOVEADM = r"""#!/bin/sh
# Tell of a user what the file of readers says; note whom to kick, and the files as they are then.
case "$*" in
user*)
    grep "^$2:" {top}/readers | sed "s/%{{literal('.x20')}}/~/g; s/ userdb_/\n/g" |
        sed -n 's/~/ /g; 2,$s/=/\t/p'
    ;;
*who)
    printf 'username\t#\tservice\n'
    for name in an binh chi; do printf '%s\t1\timap\n' $name; done
    ;;
kick*)
    echo "$@" >>{top}/kicked
    cat {top}/readers {top}/units/stc/Maildir/dovecot-acl >{top}/then 2>&1 || :
    ;;
esac
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `doveadm` that knows of three sessions, and notes whom it is to kick."""
    tool = tmp_path / "tools" / "doveadm"
    tool.parent.mkdir()
    tool.write_text(DOVEADM.format(top=tmp_path))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    return tool


@pytest.fixture
def mail(tmp_path: Path, tool: Path) -> Path:
    """Mailboxes of a unit, in two folders of which an has access, and of a person."""
    for folder in ("units/stc/Maildir/Hồ\tsơ", "people/binh/Maildir"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("units/stc/Maildir/Hồ\tsơ", "units/stc/Maildir"):
        (tmp_path / folder / "dovecot-acl").write_text("user=an lr\nuser=chi lr\n")
    return tmp_path


def change(folder: Path, changes: Changes) -> None:
    folders: unit_access.Folders = {"usual": ["Sent", "Trash"], "above": "Đơn vị"}
    unit_access.change(changes, str(folder), OWNER, folders, str(folder / "readers"), GROUP)


def acls(mail: Path) -> dict[str, str]:
    found = (mail / "units").rglob("dovecot-acl*")
    return {str(each.relative_to(mail / "units")): each.read_text() for each in found}


def test_all_is_written(mail: Path) -> None:
    """Rights, the file of readers and a first list of subscriptions, each whole."""
    change(mail, ALL)
    assert {"stc/Maildir/dovecot-acl": "user=binh lr\nuser=chi lr\n"} == acls(mail)
    assert LISTED == (mail / "readers").read_text()
    assert "kick an\n" == (mail / "kicked").read_text()
    assert ["units/stc"] == touched.noted()  # whoever lost a right: the next drill takes it
    home = mail / LISTS
    assert SUBSCRIBED == (home / "subscriptions").read_text()
    assert ["subscriptions"] == [each.name for each in home.iterdir()]
    assert {0o40700} == {each.stat().st_mode for each in (home, home.parent)}
    for each in (home / "subscriptions", mail / "units/stc/Maildir/dovecot-acl"):
        assert (0o100600, 1) == (each.stat().st_mode, each.stat().st_nlink)
    assert 0o100640 == (mail / "readers").stat().st_mode


def test_a_list_that_is_there_is_the_readers_own(mail: Path) -> None:
    """Whoever comes back has what they had subscribed to."""
    home = mail / LISTS
    home.mkdir(parents=True)
    (home / "subscriptions").write_text("V\t2\n\nHồ sơ\n")
    change(mail, ALL)
    assert "V\t2\n\nHồ sơ\n" == (home / "subscriptions").read_text()
    assert ["subscriptions"] == [each.name for each in home.iterdir()]


def marks(mail: Path, **folders: str) -> dict[str, str]:
    """Write logs of what is read in some of a unit's folders, and return all that there are."""
    top = mail / "people/binh/units/stc"
    for folder, text in folders.items():
        path = top / folder.replace("_", "/") / "dovecot.index.pvt.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {str(path.parent.relative_to(top)): path.read_text() for path in top.rglob("*.log")}


def test_what_was_read_when_folders_had_the_units_id_stays_where_it_is(mail: Path) -> None:
    """Folders of the same name, in INBOX too, and of any; that of INBOX is copied above others."""
    before = marks(mail, INBOX="inbox", x="x", INBOX_x="inbox/x", subscriptions="s", lists="l")
    for name in ("list", "list.log"):  # as Dovecot named its list of folders
        (mail / "people/binh/units/stc" / name).touch()
    change(mail, ALL)
    assert before | {".": "inbox"} == marks(mail)
    assert not (mail / "people/binh/units/stc/list").exists()
    assert SUBSCRIBED == (mail / LISTS / "subscriptions").read_text()


def test_marks_that_are_there_hold(mail: Path) -> None:
    """Also after a rollback, or of a reader who comes back; those of a killed run do not."""
    marks(mail, INBOX="before")
    home = mail / "people/binh/units/stc"
    for name in ("INBOX/dovecot.index.pvt", "dovecot.index.pvt", "dovecot.index.pvt.log.new"):
        (home / name).write_text(name)
    change(mail, ALL)
    assert "INBOX/dovecot.index.pvt" == (home / "dovecot.index.pvt").read_text()
    marks(mail, INBOX="back", **{".": "now"})
    change(mail, ALL)
    assert {"INBOX": "back", ".": "now"} == marks(mail)
    found = sorted(each.name for each in home.iterdir())
    assert ["INBOX", "dovecot.index.pvt", "dovecot.index.pvt.log"] == found


def test_what_was_subscribed_to_when_folders_had_the_units_id_stays_so(mail: Path) -> None:
    """And the list of their own as it is, for the earlier configuration."""
    own = mail / "people/binh/Maildir/subscriptions"
    before = "V\t2\n\nViệc\nĐơn vị\tstc\tINBOX\nĐơn vị\tstc\tHồ sơ\tViệc\nĐơn vị\tstc-2\tSent\n"
    own.write_text(before)
    change(mail, ALL)
    assert "V\t2\n\n\nHồ sơ\tViệc\n" == (mail / LISTS / "subscriptions").read_text()
    assert before == own.read_text()


def test_who_signs_in_again_finds_everything(mail: Path) -> None:
    """Rights and the file of readers are there when sessions end; a killed run leaves a note."""
    change(mail, ALL)
    assert f"#an\n{LISTED}user=binh lr\nuser=chi lr\n" == (mail / "then").read_text()


def test_who_is_not_signed_in_is_not_looked_for(mail: Path) -> None:
    """On a first day these are the heads and delegates of all units."""
    change(mail, {**ALL, "ended": ["an", "dung", "em"]})
    assert "kick an\n" == (mail / "kicked").read_text()


def test_nothing_follows_a_failure_but_what_ends_access(mail: Path) -> None:
    """Rights of others, and all sessions, end; none are granted, and the note stays."""
    (mail / "units/skh").mkdir()
    (mail / "units/skh/Maildir").write_text("no folder")
    with pytest.raises(Failed, match="units/skh/Maildir is no folder"):
        change(mail, {**ALL, "revoked": [("skh/Maildir", "user=chi lr\n"), *ALL["revoked"]]})
    assert {"stc/Maildir/dovecot-acl": "user=chi lr\n"} == acls(mail)
    assert f"#an\n{LISTED}" == (mail / "readers").read_text()
    assert "kick an\n" == (mail / "kicked").read_text()


def test_sessions_end_though_others_do_not(mail: Path, tool: Path) -> None:
    """The first failure is told, and the note, by which the next run ends them, stays."""
    tool.write_text(
        f"{tool.read_text()}[ \"$1 $2\" != 'kick an' ] || {{ echo no an >&2; exit 1; }}\n"
    )
    with pytest.raises(Failed, match="doveadm: no an"):
        change(mail, {**ALL, "ended": ["an", "binh", "chi"]})
    assert "kick an\nkick binh\nkick chi\n" == (mail / "kicked").read_text()
    assert f"#an\n#binh\n#chi\n{LISTED}" == (mail / "readers").read_text()


def test_it_fails_if_nobody_knows_who_is_signed_in(mail: Path, tool: Path) -> None:
    """Then sessions that have to end may be open; the note stays."""
    tool.write_text(tool.read_text().replace("*who)", "*who) echo no who >&2; exit 1;;\n*x)"))
    with pytest.raises(Failed, match="doveadm: no who"):
        change(mail, ALL)
    assert f"#an\n{LISTED}" == (mail / "readers").read_text()


def test_dovecot_has_read_the_file_before_sessions_end(
    mail: Path, tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks at most once a second whether the file is another; if it never does, that is told."""
    tool.write_text(
        f"#!/bin/sh\nlast=$(for each; do :; done; echo $each)\necho $1 >>{mail}/asked\n"
        "printf 'username\\t#\\tservice\\nan\\t1\\timap\\n'\n"
    )
    monkeypatch.setattr(unit_access, "_PATIENCE", 0.3)
    with pytest.raises(Failed, match="Dovecot does not read the file of readers"):
        change(mail, ALL)
    first, *_, last = (mail / "asked").read_text().split()
    assert ("user", "kick") == (first, last)


def test_the_file_has_another_time_whenever_it_is_another(mail: Path) -> None:
    """In seconds, for Dovecot knows no parts of them, and its size may be the same."""
    times = []
    for name in ("an", "em", "vi"):
        change(mail, {**NOTHING, "listed": packed(f"{name}::::::: userdb_unit0=stc\n")})
        times.append(int((mail / "readers").stat().st_mtime))
    assert 3 == len({*times})


def test_a_file_of_rights_that_is_gone_is_no_failure(mail: Path) -> None:
    """Nor its folder, if it was to be removed; one that is to have rights has to be there."""
    gone = [("stc/Maildir/gone", ""), ("stc/Maildir", ""), ("stc/Maildir", "")]
    change(mail, {**ALL, "revoked": gone, "granted": []})
    assert ["stc/Maildir/Hồ\tsơ/dovecot-acl"] == [*acls(mail)]
    with pytest.raises(FileNotFoundError, match="units/moi"):
        change(mail, {**ALL, "granted": [("moi/Maildir", "user=an lr\n")]})


def test_a_folder_with_rights_of_its_own_is_made_if_somebody_has_deleted_it(mail: Path) -> None:
    """When they could; a mailbox that is not there is not begun."""
    (mail / "units/stc/Maildir/cur").mkdir()
    change(
        mail, {**ALL, "granted": [("stc/Maildir", "user=an lr\n"), ("stc/Maildir/Sent", "x l\n")]}
    )
    assert ["cur", "dovecot-acl", "new", "tmp"] == sorted(
        each.name for each in (mail / "units/stc/Maildir/Sent").iterdir()
    )
    (mail / "units/moi").mkdir()
    with pytest.raises(FileNotFoundError, match="moi/Maildir"):
        change(mail, {**ALL, "granted": [("moi/Maildir/Sent", "x l\n")]})
    assert [] == [*(mail / "units/moi").iterdir()]


@pytest.mark.parametrize("linked", ["units", "units/stc", "units/stc/Maildir"])
def test_no_right_is_written_through_a_link(mail: Path, linked: str) -> None:
    """Its owner, who may be anybody by then, would have root write elsewhere."""
    (mail / linked).rename(mail / "elsewhere")
    (mail / linked).symlink_to(mail / "elsewhere")
    before = sorted((mail / "elsewhere").rglob("*"))
    with pytest.raises(Failed, match="is no folder"):
        change(mail, {**ALL, "revoked": []})
    assert before == sorted((mail / "elsewhere").rglob("*"))


@pytest.mark.parametrize("name", ["dovecot-acl", "dovecot-acl.new"])
def test_a_link_in_place_of_a_file_is_not_followed(mail: Path, name: str) -> None:
    """It is replaced."""
    (mail / "secret").write_text("secret")
    path = mail / "units/stc/Maildir" / name
    path.unlink(missing_ok=True)
    path.symlink_to(mail / "secret")
    change(mail, ALL)
    assert ("secret", OWNER) == ((mail / "secret").read_text(), (mail / "secret").owner())
    assert not (mail / "units/stc/Maildir/dovecot-acl").is_symlink()


def test_subscriptions_are_written_by_the_owner_of_all_mail(
    mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who can put links there: nothing is written that they could not write themselves."""
    acting = []

    @contextmanager
    def acting_as(name: str) -> Iterator[None]:
        acting.append(name)
        yield
        acting.append("root")

    def make_list(*_: object) -> None:
        acting.append("a list is made")

    monkeypatch.setattr(unit_access, "acting_as", acting_as)
    monkeypatch.setattr(unit_access, "_make_list", make_list)
    change(mail, {**ALL, "granted": []})
    assert [OWNER, "a list is made", "root"] == acting


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as somebody else")
def test_who_acts_as_another_can_do_no_more_than_they(tmp_path: Path) -> None:
    """And is root again afterwards."""
    made = tmp_path / "made"
    made.mkdir()
    made.chmod(0o777)
    known = os.open(made, os.O_RDONLY)
    with acting_as("nobody"):
        os.mkdir("theirs", dir_fd=known)
        with pytest.raises(PermissionError):
            (tmp_path / "theirs").mkdir()
    os.close(known)
    assert "nobody" == (made / "theirs").owner()
    (tmp_path / "ours").mkdir()


def test_who_cannot_be_subscribed_keeps_nobody_else_from_it(mail: Path) -> None:
    """Nor from what is listed; a mailbox that is not there is not begun."""
    with pytest.raises(FileNotFoundError, match="people/an"):
        change(mail, {**ALL, "subscribed": [("an", "stc"), ("binh", "stc")]})
    assert SUBSCRIBED == (mail / LISTS / "subscriptions").read_text()
    assert f"#an\n{LISTED}" == (mail / "readers").read_text()
    assert not (mail / "people/an").exists()


@pytest.mark.parametrize(
    "read",
    [
        lambda top: unit_access.granted(str(top), str(top / "readers")),
        lambda _: [*baseline_access.access()],
    ],
)
def test_only_files_grant_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object]
) -> None:
    """Others write there: a pipe is not waited for, a link is not followed."""
    monkeypatch.setattr(baseline_access, "UNITS", tmp_path)
    (tmp_path / "secret").write_text("root secret\n")
    for name in ("pipe", "link", "file"):
        (tmp_path / "stc/Maildir" / name).mkdir(parents=True)
    os.mkfifo(tmp_path / "stc/Maildir/pipe/dovecot-acl")
    (tmp_path / "stc/Maildir/link/dovecot-acl").symlink_to(tmp_path / "secret")
    (tmp_path / "stc/Maildir/file/dovecot-acl").write_text("user=an lr\n")
    assert ("user=an" in str(read(tmp_path)), "root" in str(read(tmp_path))) == (True, False)


def test_the_file_of_readers_is_written_where_no_dovecot_runs(tmp_path: Path) -> None:
    """Nobody is asked whether it has been read."""
    path = tmp_path / "readers"
    unit_access.note_readers(packed(LISTED), str(path), GROUP)
    assert (LISTED, 0o640) == (path.read_text(), path.stat().st_mode & 0o777)
    assert LISTED == unpacked(unit_access.listed(str(path)))
