"""Schemas: what they say of themselves, and what Cerberus is relied on for."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from cerberus import Validator

from hopthu.docs.data import page
from hopthu.model.articles import ARTICLES
from hopthu.model.policy import GIB, Network, Policy
from hopthu.model.policy_builder import build_policy
from hopthu.model.reserved import ALWAYS
from hopthu.schema.formats import FORMS
from hopthu.schema.registry import Fields, references, schema
from hopthu.schema.validator import problems
from hopthu.source.files import KINDS
from hopthu.source.positions import Positions
from hopthu.source.records import Record
from hopthu.source.values import Map


def every_field(rules: Fields, above: str = "") -> Iterator[tuple[str, Fields]]:
    for name, field in rules.items():
        yield from every_rule(field, f"{above}{name}")


def every_rule(field: Fields, here: str) -> Iterator[tuple[str, Fields]]:
    yield here, field
    if "valuesrules" in field:
        yield from every_rule(field["valuesrules"], f"{here}.NAME")
    if field.get("type") == "list":
        yield from every_rule(field["schema"], f"{here}[]")
    elif "schema" in field:
        yield from every_field(field["schema"], f"{here}.")


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_meaning_and_an_article(kind: str) -> None:
    """docs/data.md and every `why` are made of it."""
    for name, field in every_field(schema(kind).fields):
        if "NAME" in name and field["type"] == "dict":
            continue  # an entry without a name of its own: its fields speak
        assert field["meta"]["what"], name
        assert field["meta"]["article"] in ARTICLES, name
        assert field.get("form", "label") in FORMS, name
        assert field["meta"].get("refers", "units") in KINDS, name
    assert schema(kind).article in ARTICLES


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_has_a_limit(kind: str) -> None:
    """Each has a longest length, a form that has one, or a few words to choose from."""
    texts = [each for each in every_field(schema(kind).fields) if each[1]["type"] == "string"]
    ends = {"maxlength", "form", "allowed"}
    assert [] == [name for name, field in texts if not ends & field.keys()]
    assert 64 <= min(f["maxlength"] for _, f in texts if "refers" in f["meta"])


@pytest.mark.parametrize("form", FORMS)
def test_no_format_accepts_an_endless_text(form: str) -> None:
    """Whatever a text of the form begins with."""
    for part in ("a", "a.", "a-", "{short}", "@a", "@{unit}", "1", "10.", "2026-01-", "2 ", "::"):
        assert FORMS[form](part * 1_000 + "a") is not None, part
        assert FORMS[form](part + "a" * 1_000) is not None, part


def test_references_are_read_from_the_schemas() -> None:
    """Wherever a record is named, also within lists."""
    assert {
        (("posts", "*", "unit"), "units"),
        (("posts", "*", "decision"), "documents"),
        (("posts", "*", "request"), "documents"),
        (("locked", "*", "decision"), "documents"),
        (("locked", "*", "request"), "documents"),
        (("left", "decision"), "documents"),
        (("left", "request"), "documents"),
        (("mailbox", "exception"), "documents"),
        (("hold", "decision"), "documents"),
        (("changes", "*", "decision"), "documents"),
        (("changes", "*", "request"), "documents"),
        (("corrections", "*"), "documents"),
    } == set(references("people"))
    assert (("ended", "into", "*"), "units") in references("units")
    assert (("ended", "parts", "*", "into"), "units") in references("units")
    assert (("networks", "*", "of"), "units") in references("policy")
    assert (("allowances", "*", "document"), "documents") in references("policy")


def test_cerberus_errors_have_a_path() -> None:
    """`_errors` is private; `hopthu.schema.validator` rests on it."""
    inner = {"type": "dict", "schema": {"b": {"type": "integer"}}}
    validator = Validator({"a": {"type": "list", "schema": inner}})
    assert not validator.validate({"a": [{"b": 1}, {"b": "x"}]}, normalize=False)
    (outer,) = validator._errors
    (item,) = outer.child_errors
    (leaf,) = item.child_errors
    assert (("a", 1, "b"), "type", "integer", "x") == (
        leaf.document_path, leaf.rule, leaf.constraint, leaf.value,
    )  # fmt: skip


def test_a_value_of_the_wrong_kind_never_stops_the_check() -> None:
    """Whatever stands anywhere, problems come back."""
    odd: list[object] = [None, True, 3, "", "x", [], [None], {}, {"a": None}, [[]], [{}]]
    for kind in KINDS:
        for name in schema(kind).fields:
            for value in odd:
                record = Record.of(kind, "f", (), {name: value}, Positions("f", ""))  # type: ignore[dict-item]
                assert all(p.what and p.why and p.fix for p in problems(record)), (name, value)


def test_policy_and_its_schema_have_the_same_keys() -> None:
    """A key that only one of them knows could not be set, or would not be checked.

    The rows of `changes` are no setting; what the naming profile was before, they say.
    """

    def keys(value: object, rules: Fields, above: str) -> None:
        assert is_dataclass(value)
        assert {f.name for f in fields(value)} - {"before"} == set(rules) - {"changes"}, above
        for field in fields(value):
            inner = getattr(value, field.name)
            if is_dataclass(inner):
                keys(inner, rules[field.name]["schema"], f"{above}.{field.name}")

    keys(Policy(), schema("policy").fields, "policy")


def test_policy_keeps_the_default_of_every_absent_key() -> None:
    """So the file says only what was decided here."""
    assert Policy() == build_policy({})
    sections: Map = {
        "quotas": {"personal": "3 GiB", "warn": [90]},
        "networks": {"lan": {"ranges": ["10.1.0.0/16"], "may": ["read"]}},
        "stores": {"by_kind": {"school": "store3"}},
        "reserved": ["abuse", "press"],
    }
    policy = build_policy(sections)
    assert (3 * GIB, 10 * GIB, (90,)) == (
        policy.quotas.personal, policy.quotas.unit, policy.quotas.warn,
    )  # fmt: skip
    assert {"lan": Network(("10.1.0.0/16",), ("read",))} == policy.networks
    assert ("store1", {"school": "store3"}) == (policy.stores.default, policy.stores.by_kind)
    assert {*ALWAYS, "press"} == {*policy.reserved}


def test_the_page_on_the_data_shows_sizes_as_policies_write_them() -> None:
    """Not as numbers of bytes, nor as any text."""
    rows = {row.split("`")[1]: row for row in page().splitlines() if row[:3] == "| `"}
    assert "| size | quota of a personal mailbox |" in rows["quotas.personal"]
    assert rows["quotas.personal"].endswith("| `2 GiB` |")
    assert rows["limits.message"].endswith("| `30 MiB` |")
