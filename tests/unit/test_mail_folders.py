"""Folders of an old server: as it lists them, and which of ours each becomes."""

import pytest

from hopthu.daemons import dovecot
from hopthu.remote import mail_folders
from hopthu.remote.mail_folders import Folder, listed, namespaces, targets
from hopthu.remote.utf7 import encode


def names(*folders: str, separator: str = ".", prefix: str = "", **flags: str) -> dict[str, str]:
    """Return which folder of ours each becomes; `flags` are attributes by the name's first word."""
    found = [
        Folder(encode(each).encode(), separator, frozenset(flags.get(each.split()[0], "").split()))
        for each in folders
    ]
    into = targets(found, prefix, ())
    return {each.name: into[each.wire] for each in found if each.wire in into}


def test_what_is_known_of_our_folders_is_true() -> None:
    """The program on the store cannot import it."""
    assert set(dovecot.FOLDERS) == set(mail_folders.OURS)
    assert dovecot.SHARED == mail_folders.SHARED


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("INBOX", "INBOX"),
        ("inbox", "INBOX"),
        ("Sent Items", "Sent"),
        ("Sent Items.2023", "Sent/2023"),
        ("Đã gửi", "Sent"),
        ("Mục đã xoá", "Trash"),
        ("Mục đã xóa", "Trash"),
        ("Deleted Items", "Trash"),
        ("Thư rác", "Junk"),
        ("Bản nháp", "Drafts"),
        ("Hồ sơ.Năm 2024", "Hồ sơ/Năm 2024"),
        ("INBOX.Hồ sơ", "Hồ sơ"),
        ("INBOX.Sent", "Sent"),
        ("Hồ sơ.Sent", "Hồ sơ/Sent"),
        ("A/B.C", "A-B/C"),
        ("..x", "x"),
        ("~root", "_root"),
        ("cur", "cur_"),
        ("a*b%c", "a-b-c"),
        ("Đơn vị", "Đơn vị (cũ)"),
        ("Đơn vị.Văn thư", "Đơn vị (cũ)/Văn thư"),
        ("Hồ\u0300 sơ", "Hồ\u0300 sơ"),
    ],
)
def test_each_folder_has_its_place(theirs: str, ours: str) -> None:
    """Names that people know stay; what is for a special use becomes ours."""
    assert [ours] == list(names(theirs).values())


def test_letters_are_composed() -> None:
    """A Mac writes them as letter and mark; two folders would look the same."""
    assert ["Hồ sơ"] == list(names("Ho\u0302\u0300 so\u031b").values())


def test_the_prefix_of_the_server_is_taken_off() -> None:
    """Courier and Cyrus put folders below INBOX."""
    assert {"INBOX": "INBOX", "INBOX.Gửi": "Gửi"} == names("INBOX", "INBOX.Gửi", prefix="INBOX.")
    assert {"Mail/A": "A"} == names("Mail/A", separator="/", prefix="Mail/")


def test_what_the_server_says_of_a_folder_counts_more_than_its_name() -> None:
    """RFC 6154; folders below go with it."""
    got = names("Gui", "Gui.2020", "Kho", separator=".", Gui="\\sent \\haschildren", Kho="\\trash")
    assert {"Gui": "Sent", "Gui.2020": "Sent/2020", "Kho": "Trash"} == got


def test_views_and_folders_without_mail_are_left_out() -> None:
    """They have no messages of their own."""
    assert {"A.B": "A/B"} == names("A", "A.B", "Tat ca", A="\\noselect", Tat="\\all")
    folders = [Folder(b"All", ".", frozenset({"\\all"}))]
    assert folders[0].is_view


def test_folders_of_others_are_left_out() -> None:
    """What is shared is in its owner's mailbox."""
    folders = [
        Folder(name, "/", frozenset()) for name in (b"INBOX", b"Public", b"Public/A", b"user/b")
    ]
    assert {b"INBOX": "INBOX"} == targets(folders, "", ("Public/", "user/"))


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        (rb'(\HasNoChildren \Sent) "." "INBOX.Sent Items"', (b"INBOX.Sent Items", ".")),
        (rb'() "/" INBOX', (b"INBOX", "/")),
        (rb'(\NoSelect) NIL "a \"b\" \\ c"', (b'a "b" \\ c', "")),
        (rb'() "\\" "a\\b"', (b"a\\b", "\\")),
        ((rb'() "/" {5}', b"a\r\nb "), (b"a\r\nb ", "/")),
        (rb'() "/" A ("CHILDINFO" ("SUBSCRIBED"))', (b"A", "/")),
    ],
)
def test_lists_of_folders_are_read(line: bytes | tuple[bytes, bytes], folder: object) -> None:
    """Names in quotes, as atoms, and as literals."""
    (found,) = listed([line])
    assert folder == (found.wire, found.separator)


def test_a_folder_that_is_listed_twice_is_one() -> None:
    """Else each of its messages would come twice."""
    found = listed([rb'() "/" INBOX', rb'() "/" "Inbox"', rb'() "/" A', rb'(\Sent) "/" "A"'])
    assert [b"INBOX", b"A"] == [each.wire for each in found]


def test_what_is_no_list_is_no_folder() -> None:
    """A server may say anything."""
    assert [] == listed([None, b"", b"nonsense", b"()"])


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (rb'(("INBOX." ".")) NIL NIL', ("INBOX.", ())),
        (rb'(("" "/")) (("user/" "/")) (("Public/" "/")("Shared/" "/"))',
         ("", ("user/", "Public/", "Shared/"))),
        (rb'NIL NIL (("" "."))', ("", ())),
        (rb'(("" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL', ("", ())),
        (b"", ("", ())),
    ],
)  # fmt: skip
def test_namespaces_are_read(answer: bytes, found: object) -> None:
    """RFC 2342, with its extension."""
    assert found == namespaces(answer)


def test_a_name_that_is_no_utf7_stays_as_it_is() -> None:
    """Some servers send UTF-8, or a lone `&`."""
    for raw, name in (
        (b"A&B", "A&B"),
        ("Hồ sơ".encode(), "Hồ sơ"),
        (b"\xff", "\ufffd"),
    ):
        assert name == Folder(raw, ".", frozenset()).name
