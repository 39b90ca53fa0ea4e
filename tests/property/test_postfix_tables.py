"""No field of the data can add a row, a column, an option or another action to a Postfix table."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from hopthu.daemons import postfix
from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.render.context import Context

HOST = Host("mail1", "mail1.example.vn", "10.88.0.11", frozenset(ROLES), ("s",))
CENTRE = Centre("single", (HOST,))
ROUTE = "lmtp:inet:[10.88.0.11]:24"

# What would matter to Postfix, and otherwise anything.
SPICE = st.sampled_from(
    ("\n", "\r", "\t", " ", "  x", ",", "@", "#", "\x00", "\x0b", "\x85", "\u2028", "\nall@x OK")
)
TRICKS = st.sampled_from(
    ("@example.vn", "$mydomain", "lmdb:/etc/x", "OK", "{", "}", '"', "đ", "٣", "A", "%", "+", "an")
)
FIELD = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"[a-z0-9]{1,4}([._-][a-z0-9]{1,3})?", fullmatch=True),
    st.lists(st.one_of(SPICE, TRICKS), max_size=4).map("".join),
)


def parsed(content: bytes) -> dict[str, str]:
    """Read a table the way postmap(1) does: comments, continued lines, key, trimmed rest."""
    logical: list[str] = []
    for line in content.decode().split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            logical[-1] += line
        else:
            logical.append(line)
    rows = [re.split(r"\s+", line.rstrip(), maxsplit=1) for line in logical]
    assert len({key.lower() for key, _ in rows}) == len(rows)
    return dict(rows)


# A reply of any length would be cut where SMTP ends a line.
@given(words=st.text(alphabet="a ", min_size=290, max_size=700))
def test_a_reply_fits_in_a_line(words: str) -> None:
    closed = mailbox("gone", "personal", "cu", state="closed", refusal=words)
    try:
        ((_, reply),) = postfix.refused(Desired(date(2026, 6, 1), "example.vn", (closed,), (), ()))
    except ValueError:
        return
    assert len(f"550 5.1.6 <cu@example.vn>: Recipient address rejected: {reply}\r\n") <= 512


def mailbox(key: str, kind: str, name: str, **more: object) -> Mailbox:
    fields = {"id": key, "kind": kind, "name": key, "addresses": (name,), "state": "active"}
    rest = {"store": "s", "quota": 1, "unit": "u", "unit_name": "u"}
    return Mailbox(**{**fields, **rest, **more})  # type: ignore[arg-type]


MEANT = {
    "person": "an",
    "address": "annv",
    "old": "cu",
    "words": "Mailbox closed, write to stc@example.vn",
    "unit": "phong",
    "reserved": "abuse",
}


@given(name=st.sampled_from(sorted(MEANT)), value=FIELD)
def test_a_table_holds_the_rows_that_were_meant_or_none_at_all(name: str, value: str) -> None:
    data = {**MEANT, name: value}
    desired = Desired(
        on=date(2026, 6, 1),
        domain="example.vn",
        mailboxes=(
            mailbox(data["person"], "personal", data["address"]),
            mailbox("gone", "personal", data["old"], state="closed", refusal=data["words"]),
            mailbox(data["unit"], "unit", "stc"),
        ),
        access=(Access(data["unit"], data["person"], "head"),),
        reserved=((data["reserved"], data["unit"]),),
    )
    try:
        files = postfix.tables(Context(HOST, CENTRE, desired, Policy(), {}))
    except ValueError:
        return
    tables = {path.rpartition("/")[2]: file.content for path, file in files.items()}
    one, two = f"{data['address']}@example.vn", "stc@example.vn"
    assert {one: data["person"], two: data["unit"]} == parsed(tables["mailboxes"])
    routes = dict.fromkeys((one, two, "stc+Sent@example.vn"), ROUTE)
    assert routes == parsed(tables["transport"])
    assert {f"{data['old']}@example.vn": f"550 5.1.6 {data['words']}"} == parsed(tables["refused"])
    assert {f"{data['reserved']}@example.vn": two} == parsed(tables["aliases"])
    assert {one: data["person"], two: data["person"]} == parsed(tables["senders"])


@given(field=FIELD)
def test_a_key_is_one_plain_address(field: str) -> None:
    desired = Desired(date(2026, 6, 1), "example.vn", (mailbox("an", "personal", field),), (), ())
    try:
        (row,) = postfix.mailboxes(desired)
    except ValueError:
        return
    # Nothing before the @ would be a catch-all; a second one, another domain.
    assert re.fullmatch(r"[a-z0-9._-]+@example\.vn", row[0], re.ASCII)


@given(owner=FIELD)
def test_an_owner_is_one_owner(owner: str) -> None:
    people = (mailbox("stc", "unit", "stc"), mailbox(owner, "personal", "an"))
    desired = Desired(date(2026, 6, 1), "example.vn", people, (Access("stc", owner, "head"),), ())
    try:
        rows = dict(postfix.senders(desired))
    except ValueError:
        return
    assert [owner] == re.split(r"[,\s]+", rows["stc@example.vn"])
