"""docs/data.md, made from schemas/, the policy's defaults and the rule book.

`python -m hopthu.docs` writes it; a test fails while it is not current.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

from hopthu.model.articles import ARTICLES
from hopthu.model.policy import GIB, MIB, Policy
from hopthu.rules.registry import RULES
from hopthu.schema.registry import Fields, schema
from hopthu.source.files import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"
_TYPES = {
    "string": "text",
    "integer": "number",
    "boolean": "true/false",
    "dict": "",
    "list": "list",
}
_FORMS = {"iso_date": "date", "id": "id", "quota": "size", "message_size": "size"}
"""What the forms of a text are called."""

_HEAD = """\
# The data

<!-- Made by `python -m hopthu.docs` from schemas/ and hopthu/rules/; edit those. -->

Five kinds of record stand in `data/`: each in a file of its name, such as `data/people.yaml`, or
in any number of `.yaml` files below a folder of its name, such as `data/people/so-tai-chinh.yaml`,
with the same result. `hopthu check` reports what is wrong, where, why, and how to fix it.

The files are YAML, read strictly: `true`, `false`, `null` and whole numbers mean what they look
like; everything else is text, so `no`, `010`, `12:30` and `1.10` stay as written. Dates are
`2026-01-31`, with or without quotes. Duplicate keys, anchors, aliases, merge keys and tags are
refused. Articles are those of Decision 824/2005/QĐ-UB of Thanh Hóa; another province says with
`regulation` of its policy which of its own to cite (below).

The first line of each file names the JSON Schema that editors check and complete it by. `hopthu
schema` shows the fields on a terminal.

`data/expectations.yaml` is for what must come of the other files on a day, whatever is changed in
them: who heads a unit, who has access to its mailbox, who can sign in, where mail leads. `check`
compares every expectation with the day it names, and reports of one that is not met what holds
instead and which row leads to it. The file is optional, and nothing else reads it; an expectation
that is long past may be removed.

```yaml
- {on: 2027-01-01, head: {unit: so-tai-chinh, person: le-van-binh}}
- {on: 2027-01-01, access: {unit: so-tai-chinh, person: tran-thi-hoa, holds: false}}
- {on: 2027-01-01, can_sign_in: {person: le-van-binh}}
- {on: 2027-01-01, mail: {to: skhdt, refused: true}}
- {on: 2027-01-01, mail: {to: abuse, leads_to: van-phong-ubnd-tinh}}
```

Nothing that once had a mailbox is deleted: people *leave*, units *end*, and a change is a new row
in a list. A field marked • is required. A key of the policy marked § rests on a document: an edit
of it is refused without a new row of `changes` that names it, by a decision of whom
`competence.policy` names; of a key marked §§ only by one of the province. The others rest on none,
or each of their entries names its own.
"""

_REGULATION = """\
## Another regulation

The rules were written for Decision 824/2005/QĐ-UB of Thanh Hóa. `regulation` in `data/policy.yaml`
names a province's own regulation, and which of its articles to cite instead of each below: in
problems, `hopthu show`, `verify`, `schema` and `check --explain`, in JSON and SARIF, and on slips.
Where it says nothing, "the operator's rules" are cited. What the rules demand stays the same.

```yaml
regulation:
  title: Quy chế quản lý và sử dụng thư điện tử công vụ
  number: 15/2026/QĐ-UBND
  issuer: Ủy ban nhân dân tỉnh
  articles: {Art. 4: Art. 6, Art. 6.4: Art. 12.3.a, Art. 5.1: "Art. 3.2, 9"}
```

After a change run `hopthu schema --write`: the texts that editors show cite it too.
"""


def files() -> dict[Path, str]:
    """Return what is made here, by path."""
    return {PAGE: page()}


def page() -> str:
    """Return the page as it should stand in docs/."""
    return "\n".join([_HEAD, *(_kind(kind) for kind in KINDS), _articles(), _rules()])


def _kind(kind: str) -> str:
    here = schema(kind)
    default = Policy() if kind == "policy" else None
    lines = [f"## {here.title}", "", f"`data/{kind}.yaml` · {here.article}", "", here.what, ""]
    last = "default" if default else "example"
    lines += [f"| field | type | meaning | article | {last} |", "|---|---|---|---|---|"]
    lines += _rows(here.fields, "", default)
    return "\n".join(lines) + "\n"


def _rows(rules: Fields, above: str, default: object) -> Iterator[str]:
    for name, field in rules.items():
        path = f"{above}{name}"
        value = getattr(default, name, None)
        yield _row(path, field, value)
        inner = field.get("schema", {})
        if field["type"] == "dict":
            yield from _rows(inner, f"{path}.", value)
        elif inner.get("type") == "dict":
            yield from _rows(inner["schema"], f"{path}[].", None)
        if field.get("valuesrules", {}).get("type") == "dict":
            yield from _rows(field["valuesrules"]["schema"], f"{path}.NAME.", None)


def _row(path: str, field: Fields, default: object) -> str:
    meta = field["meta"]
    must = " •" if field.get("required") else ""
    must += {"policy": " §", "powers": " §§"}.get(meta.get("basis", ""), "")
    refers = f", id of {meta['refers']}" if "refers" in meta else ""
    kind = _type(field) + refers
    shown = _yaml(default, field) if default is not None else str(meta.get("example", ""))
    cells = [
        f"`{path}`{must}",
        kind,
        _meaning(field),
        meta["article"],
        f"`{shown}`" if shown else "",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(field: Fields) -> str:
    if field["type"] == "dict":
        return "mapping"
    form = field.get("form", "")
    kind = _FORMS.get(form, _TYPES[field["type"]])
    # References to other records are as long as ids; the limit need not be repeated for each.
    own = "maxlength" in field and "refers" not in field["meta"]
    counted = "characters" if field["type"] == "string" else "entries"
    return f"{kind}, at most {field['maxlength']} {counted}" if own else kind


def _meaning(field: Fields) -> str:
    what: str = field["meta"]["what"]
    if "allowed" not in field:
        return what
    others = f"; {field['meta']['otherwise']}" if "or_form" in field else ""
    return f"{what}: {' · '.join(f'`{name}`' for name in field['allowed'])}{others}"


def _yaml(value: object, field: Fields) -> str:
    """Return a default as it would be written in the policy file; sections have none."""
    if is_dataclass(value):
        return ""
    if isinstance(value, tuple):
        return f"[{', '.join(_inner(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_inner(item)}' for name, item in value.items())}}}"
    if _FORMS.get(field.get("form", "")) == "size" and isinstance(value, int):
        return f"{value // GIB} GiB" if value % GIB == 0 else f"{value // MIB} MiB"
    return _inner(value)


def _inner(value: object) -> str:
    if is_dataclass(value):
        parts = (f"{f.name}: {_yaml(getattr(value, f.name), {})}" for f in fields(value))
        return f"{{{', '.join(parts)}}}"
    text = str(value)
    return f'"{text}"' if any(sign in text for sign in "{}:@") else text


def _articles() -> str:
    lines = [_REGULATION, "| article | what it is about |", "|---|---|"]
    lines += [f"| {name} | {about} |" for name, about in ARTICLES.items()]
    return "\n".join(lines) + "\n"


def _rules() -> str:
    lines = ["## What is checked", "", "| rule | article | severity | why |", "|---|---|---|---|"]
    lines += [f"| `{r.id}` | {r.article} | {r.severity} | {r.why} |" for r in RULES]
    return "\n".join(lines) + "\n"
