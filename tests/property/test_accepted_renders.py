"""Whatever `check` accepts can be rendered, for every host of both layouts.

Policies and fields of records are generated from their schemas, at and around the bounds there.
"""

import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hopthu.daemons.registry import render
from hopthu.daemons.site import declared
from hopthu.desired.state import desired
from hopthu.errors import DataError
from hopthu.inventory.topology import Centre, Host
from hopthu.load import load
from hopthu.render.context import Context
from hopthu.schema.formats import FORMS
from hopthu.schema.registry import schema
from hopthu.validate import Loaded, read

DATA = Path(__file__).parents[1] / "golden" / "data"
ON = date(2026, 6, 1)
KEYS = dict.fromkeys(("ca.pem", "host.pem", "host.key", "dkim.key"), b"key\n")
RECORDS: Mapping[str, Any] = {
    kind: [record.data for record in records] for kind, records in load(DATA.parent).records.items()
}
IDS = {kind: [r["id"] for r in RECORDS[kind]] for kind in ("units", "people", "documents")}
SITE = {"ranges": ["10.88.0.0/24"]}
# Of each form: what it takes, bounds and all, and what lies just outside or only looks right.
GOOD = {
    "iso_date": ["1900-01-01", "2199-12-31", "2024-02-29", "2026-05-31", "2026-06-01"],
    "id": ["a-b", "a-" + "b" * 62, "so-tai-chinh"],
    "issuer": ["unit", "province", "outside", "so-tai-chinh"],
    "list_key": ["canbo", "probes", "a" * 20],
    "label": ["store1", "store2"],
    "domain": ["a.b", "thanhhoa.gov.vn", "xn--a-0.vn", "a" * 50 + ".vn"],
    "network": ["0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.2.3", "fc00::1/128", "10.88.0.102/32"],
    "centre_range": ["10.88.0.0/24", "10.0.0.0/8", "192.0.2.0/24", "8.8.0.0/16", "fc00::/7"],
    "ip_address": ["10.88.0.53", "::1", "2001:db8::1", "255.255.255.255"],
    "quota": ["10 MiB", "200 MiB", "2 GiB", "10 TiB", "10240 KiB", "9999999 KiB"],
    "message_size": ["1 MiB", "200 MiB", "1024 KiB", "30 MiB", "204800 KiB"],
    "reserved_name": ["abuse", "a", "a.b-c", "x" * 64],
    "pattern": ["{short}", "xa.{place}", "{place}.{parent}", "{short}" + "a" * 57],
    "reviewer": ["@a", "@@maintainer", "a@b.vn", "@province/so-tai-chinh"],
    "reviewer_pattern": ["@province/{unit}", "{unit}@b.vn"],
    "articles": ["Art. 12", "Art. 12.3", "Art. 12.3.a", "Art. 12.3, 14.1.a"],
}
BAD = {
    "iso_date": ["1899-12-31", "2200-01-01", "2026-02-30", "0001-01-01"],
    "id": ["a", "a-" + "b" * 63, "a--b"],
    "issuer": ["", "units", "Unit", "a-" + "b" * 63, "-a"],
    "label": ["a-", "-a", "a" * 32, ""],
    "list_key": ["probe", "a_b", "A", "a-b", "a" * 21, "", "1a"],
    "domain": ["10.38.0.1", "a", "a..b", "-a.vn", "A.vn", "a.vn\n", "a" * 51 + ".vn"],
    "network": ["10.0.0.1/8", "fe80::1%eth0", "0.0.0.0/33", ""],
    "centre_range": ["0.0.0.0/0", "::/0", "127.0.0.0/8", "8.0.0.0/15", "224.0.0.0/24"],
    "ip_address": ["fe80::1%eth0", "10.0.0.0/8", "1", '::1%";'],
    "quota": ["9 MiB", "11 TiB", "9999999 TiB", "2GB", "0 MiB"],
    "message_size": ["1023 KiB", "201 MiB", "9999999 TiB", "1 KiB"],
    "reserved_name": ["a..b", "-a", "a-", "a.", "x" * 65, "a b", "A"],
    "pattern": ["{name}", "{short!r}", "{short:>9}", "", "{short}" + "a" * 58],
    "reviewer": ["a", "@a b", "@"],
    "reviewer_pattern": ["@a", "{unit}"],
    "articles": ["", "12", "Art.", "Art. 12; 13", "Art. 12\n"],
}


def text(rules: Mapping[str, Any], *, odd: bool) -> st.SearchStrategy[Any]:
    """Return texts a field may hold; with `odd` also some it may not."""
    if "allowed" in rules:
        return st.sampled_from([*rules["allowed"], *(["nonsense"] if odd else [])])
    if "form" in rules:
        return st.sampled_from(GOOD[rules["form"]] + (BAD[rules["form"]] if odd else []))
    if "refers" in rules.get("meta", {}):
        return st.sampled_from([*IDS[rules["meta"]["refers"]], *(["no-body"] if odd else [])])
    longest = rules["maxlength"]
    lengths = [1, 2, longest] + ([0, longest + 1] if odd else [])
    words = ["abc", "Nguyễn Văn An", "Sở Y tế", "12/QĐ-UBND", 'a"b\\c{d}$e', "a\tb", "đ"]
    return st.sampled_from(words) | st.sampled_from(lengths).map(lambda n: "a" * n)


def value(rules: Mapping[str, Any], *, odd: bool) -> st.SearchStrategy[Any]:
    """Return values of a field of a schema, within its bounds; with `odd` around them, too."""
    made: st.SearchStrategy[Any]
    kind = rules["type"]
    if kind == "string":
        made = text(rules, odd=odd)
    elif kind == "integer":
        least, most = rules["min"], rules["max"]
        made = st.sampled_from([least, most, *([least - 1, most + 1, True] if odd else [])])
        made |= st.integers(least, most)
    elif kind == "boolean":
        made = st.booleans()
    elif kind == "list":
        item = value(rules["schema"], odd=odd)
        most = min(rules["maxlength"], 4)
        made = st.lists(item, min_size=0 if odd else rules.get("minlength", 0), max_size=most)
    elif "valuesrules" in rules:
        names = text(rules["keysrules"], odd=odd)
        made = st.dictionaries(names, value(rules["valuesrules"], odd=odd), max_size=3)
    else:
        made = fields(rules["schema"], odd=odd)
    return made | st.sampled_from([None, [], {}, "", 2**62]) if odd else made


def fields(rules: Mapping[str, Any], *, odd: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings with the fields of a schema: those required, and any of the others."""
    made = {name: value(each, odd=odd) for name, each in rules.items()}
    needed = {name for name, each in rules.items() if each.get("required") and not odd}
    return st.fixed_dictionaries(
        {name: made[name] for name in needed},
        optional={name: made[name] for name in made.keys() - needed},
    )


def settings_of(*, odd: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Return policies: a few keys each, for of all of them one is nearly always refused."""
    made = {name: value(rules, odd=odd) for name, rules in schema("policy").fields.items()}
    some = st.lists(st.sampled_from(sorted(made)), min_size=1, max_size=3, unique=True)
    return some.flatmap(lambda names: st.fixed_dictionaries({n: made[n] for n in names}))


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a policy, mostly within all bounds."""
    odd = draw(st.sampled_from([False, False, False, True]))
    drawn = draw(settings_of(odd=odd))
    if isinstance(names := drawn.get("reserved"), list) and not odd:
        drawn["reserved"] = [*names, *RESERVED]
    if isinstance(domains := drawn.get("former_domains"), list) and not odd:
        drawn["former_domains"] = [*domains, *DECLARED]
    return {**OWN, **drawn}


DECLARED = RECORDS["policy"][0]["former_domains"]
"""The former domains at which the golden records have addresses."""
OWN = {"operator": "van-phong-ubnd-tinh", "centre": SITE, "former_domains": DECLARED}
"""The policy of the golden records."""
RESERVED = ["abuse", "admin", "administrator", "hostmaster", "postmaster", "webmaster"]


@st.composite
def changed_records(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the golden records, one field of one of them replaced by what its schema allows."""
    kind = draw(st.sampled_from(["units", "people", "documents"]))
    at = draw(st.integers(0, len(RECORDS[kind]) - 1))
    name = draw(st.sampled_from(sorted(schema(kind).fields)))
    odd = draw(st.sampled_from([False, False, True]))
    given = draw(value(schema(kind).fields[name], odd=odd))
    records = [dict(record) for record in RECORDS[kind]]
    records[at][name] = given
    return {kind: records}


def accepted(root: Path, **files: Any) -> Loaded | None:
    """Return the golden data with some files replaced, None where `check` refuses them."""
    shutil.copytree(DATA, root / "data")
    for name, content in files.items():
        dumped = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (root / "data" / f"{name}.yaml").write_text(dumped, encoding="utf-8")
    try:
        return read(root, ON)
    except DataError:
        return None


def host(name: str, last: int, *roles: str, stores: tuple[str, ...] = ()) -> Host:
    fqdn, address = f"{name}.thanhhoa.gov.vn", f"10.88.0.{last}"
    return Host(name, fqdn, address, frozenset(roles), stores=stores)


LAYOUTS = (
    Centre(
        "centre",
        (
            host("access1", 12, "access"), host("dir1", 15, "directory"), host("edge1", 11, "edge"),
            host("store1", 13, "store", stores=("store1",)),
            host("store2", 14, "store", stores=("store2",)),
        ),
    ),
    Centre(
        "single",
        (host("mail1", 11, "edge", "access", "store", "directory", stores=("store1", "store2")),),
    ),
)  # fmt: skip
NUMBER = re.compile(rb"(?<![\w.:+/-])[0-9]+(?![\w.:+/-])")


def renders(loaded: Loaded) -> None:
    """Render every host, and look at what comes of it."""
    wanted = desired(loaded.organisation, loaded.policy, ON)
    domains = (loaded.policy.domain, *(each.domain for each in wanted.receiving))
    reserved = {f"{name}@{domain}" for name in loaded.policy.reserved for domain in domains}
    for centre in LAYOUTS:
        for each in centre.hosts:
            sets = render(Context(each, centre, wanted, loaded.policy, KEYS))
            files = {path: file for found in sets.values() for path, file in found.items()}
            for path, file in files.items():
                assert all(int(n) < 2**63 for n in NUMBER.findall(file.content)), path
            if each.has("edge", "access"):
                rows = _table(sets["postfix-tables"], "aliases")
                assert reserved <= rows.keys()


def _table(files: Mapping[str, Any], name: str) -> dict[str, str]:
    (file,) = (file for path, file in files.items() if path.endswith(f"/{name}"))
    lines = [line.split("\t") for line in file.content.decode().splitlines()]
    assert {2} >= {len(line) for line in lines}
    assert len(lines) == len({key for key, _ in lines})
    return dict(lines)


CALM = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def looked_at(examples: int, kind: str) -> tuple[int, int]:
    """Generate data, render what `check` accepts, and return how much that was, and of how much."""
    counts = [0, 0]

    @settings(CALM, max_examples=examples)
    @given(policies().map(lambda p: {"policy": p}) if kind == "policy" else changed_records())
    def look(files: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            counts[1] += 1
            if loaded := accepted(Path(folder), **files):
                counts[0] += 1
                renders(loaded)

    look()
    return counts[0], counts[1]


@pytest.mark.parametrize("kind", ["policy", "records"])
def test_what_is_accepted_renders(kind: str) -> None:
    """And enough is accepted for this to say something.

    About a fifth of the records are: not even 4 of 80 at random would be one run in ten thousand.
    """
    found, of = looked_at(80, kind)
    assert found * 20 >= of, (found, of)


@pytest.mark.drill
@pytest.mark.parametrize("kind", ["policy", "records"])
def test_of_much_more_all_that_is_accepted_renders(kind: str) -> None:
    """As above, for some minutes."""
    looked_at(3_000, kind)


def test_every_form_has_good_and_bad_values() -> None:
    """Else a form of the schemas would be left out."""
    for form, check in FORMS.items():
        assert [] == [v for v in GOOD[form] if check(v) is not None], form
        assert [] == [v for v in BAD[form] if check(v) is None], form


def test_the_centre_is_the_one_declared() -> None:
    """The layouts rendered stand in it."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = accepted(Path(folder), policy=OWN)
        assert loaded
        for centre in LAYOUTS:
            declared(centre, loaded.policy)
