"""LDIF as text, and the changes between two states of a directory."""

import pytest

from hopthu.directory.ldif import (
    Add,
    Delete,
    Modify,
    changes,
    parse,
    undo,
    write_changes,
    write_entries,
)
from hopthu.errors import HopthuError

AN = "uid=an,ou=people,dc=x"
BINH = "uid=binh,ou=people,dc=x"


def test_text_beyond_ascii_is_base64() -> None:
    """RFC 2849: such values, and those that begin or end like something else, are encoded."""
    written = write_entries({AN: {"cn": ("Nguyễn Văn An",), "title": (" x", ":x", "<x", "x ")}})
    expected = (
        f"dn: {AN}\ncn:: Tmd1eeG7hW4gVsSDbiBBbg==\n"
        "title:: IHg=\ntitle:: Ong=\ntitle:: PHg=\ntitle:: eCA=\n\n"
    )
    assert expected == written


def test_nul_is_refused() -> None:
    """No text in a directory has one; the message names the attribute, not the value."""
    with pytest.raises(HopthuError, match="a value of cn has a NUL"):
        write_changes([Add(AN, {"cn": ("secret\0",)})])


def test_parse_reads_the_output_of_ldapsearch() -> None:
    """Comments, a version, folded lines, encoded names, several values, entries without any."""
    text = (
        "version: 1\n\n# extended LDIF\n#\n\n"
        f"dn: {AN}\ncn:: Tmd1eeG7hW4g\n VsSDbiBBbg==\nmail: an@\n x.vn\nmail: annv@x.vn\n\n\n"
        "dn:: dWlkPcSR\n\n# search result\n"
    )
    expected = {
        AN: {"cn": ("Nguyễn Văn An",), "mail": ("an@x.vn", "annv@x.vn")},
        "uid=đ": {},
    }
    assert expected == parse(text)


@pytest.mark.parametrize(
    "line",
    ["cn", "cn:< file:///etc/shadow", "cn:: not base64!", "cn:: /w==", "changetype: delete"],
)
def test_parse_refuses_everything_but_content(line: str) -> None:
    """A value by URL, a broken value, and a change are errors, not something to skip."""
    with pytest.raises(HopthuError, match="LDIF"):
        parse(f"dn: {AN}\n{line}\n")


def test_parse_refuses_attributes_without_an_entry() -> None:
    """Every record begins with its dn."""
    with pytest.raises(HopthuError, match="expected the dn"):
        parse("cn: An\n")


def test_equal_states_need_no_change() -> None:
    """Values are a set: the order a directory gives them in is no difference."""
    current = {AN: {"mail": ("a@x", "b@x"), "cn": ("An",)}}
    assert () == changes(current, {AN: {"cn": ("An",), "mail": ("b@x", "a@x")}})


def test_changes_name_only_what_differs() -> None:
    """New entries, new values, values that go; what only the directory has is left alone."""
    current = {AN: {"cn": ("An",), "title": ("Chuyên viên",)}, "uid=stranger": {"cn": ("?",)}}
    wanted = {AN: {"cn": ("An",), "ou": ("Sở Y tế",)}, BINH: {"cn": ("Bình",)}}
    expected = (Modify(AN, {"ou": ("Sở Y tế",), "title": ()}), Add(BINH, {"cn": ("Bình",)}))
    assert expected == changes(current, wanted)


def test_changes_as_ldapmodify_reads_them() -> None:
    """An attribute without values is removed; an addition says so."""
    written = write_changes(
        [
            Add(BINH, {"cn": ("Binh",)}),
            Modify(AN, {"mail": ("a@x", "b@x"), "title": ()}),
            Modify(AN, {"userPassword": ("{ARGON2}x",)}, "add"),
        ]
    )
    expected = (
        f"dn: {BINH}\nchangetype: add\ncn: Binh\n\n"
        f"dn: {AN}\nchangetype: modify\nreplace: mail\nmail: a@x\nmail: b@x\n-\n"
        "replace: title\n-\n\n"
        f"dn: {AN}\nchangetype: modify\nadd: userPassword\nuserPassword: {{ARGON2}}x\n-\n\n"
    )
    assert expected == written


def test_unique_value_is_released_before_it_is_given() -> None:
    """Two people swap addresses: at no moment do both have one."""
    current = {AN: {"mail": ("1@x",)}, BINH: {"mail": ("2@x",)}}
    wanted = {AN: {"mail": ("2@x",)}, BINH: {"mail": ("1@x",)}}
    expected = (
        Modify(AN, {"mail": ()}),
        Modify(BINH, {"mail": ()}),
        Modify(AN, {"mail": ("2@x",)}),
        Modify(BINH, {"mail": ("1@x",)}),
    )
    assert expected == changes(current, wanted, unique=("mail",))
    assert expected[2:] == changes(current, wanted)


def test_undo_removes_what_is_below_an_entry_first() -> None:
    """The directory refuses to remove an entry that others are below."""
    todo = changes({}, {"ou=a": {"ou": ("a",)}, "uid=b,ou=a": {"uid": ("b",)}})
    assert (Delete("uid=b,ou=a"), Delete("ou=a")) == undo(todo, {})


def test_undo_leads_back() -> None:
    """New entries go, values go home, even where two entries have exchanged a unique one."""
    current = {
        "uid=a": {"uid": ("a",), "mail": ("x",)},
        "uid=b": {"uid": ("b",), "mail": ("y",), "title": ("t",)},
        "uid=c": {"uid": ("c",)},
    }
    wanted = {
        "uid=a": {"uid": ("a",), "mail": ("y",), "title": ("new",)},
        "uid=b": {"uid": ("b",), "mail": ("x",)},
        "uid=d": {"uid": ("d",), "mail": ("z",)},
    }
    todo = (*changes(current, wanted, ("mail",)), Modify("uid=c", {"userPassword": ("p",)}, "add"))
    after = {**current, **wanted}
    back = undo(todo, current, ("mail",))
    assert Delete("uid=d") == back[0]
    for change in back[1:]:
        assert isinstance(change, Modify)
        taken = {v for dn, e in after.items() if dn != change.dn for v in e.get("mail", ())}
        assert not taken & set(change.attributes.get("mail", ()))
        merged = {**after[change.dn], **change.attributes}
        after[change.dn] = {name: values for name, values in merged.items() if values}
    assert current == {dn: after[dn] for dn in current}
    assert "dn: uid=d\nchangetype: delete\n\n" == write_changes(back[:1])
