"""Every key of data/policy.yaml has an effect: another value changes what hosts or plans get.

`ROWS` has for each key of the schema another value, and the observer that must notice it. What a
plan says of the policy itself is no effect: that the key changed would be told of any key.
"""

import copy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, make_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from observers import (
    OBSERVERS,
    Case,
    Observer,
    applied_by,
    cited,
    codeowners,
    compared,
    directory,
    edited,
    explained,
    files,
    listed,
    loosened,
    offered,
    overdue,
    plan,
    problems,
    published,
    readers,
    refused,
    unused,
)

from hopthu.load import load
from hopthu.model import policy_builder
from hopthu.model.builder import build
from hopthu.model.competence import Competence
from hopthu.model.policy import Lifecycle, Policy
from hopthu.schema import validator
from hopthu.schema.registry import EACH, IN_CHANGES, Fields, references, schema
from hopthu.source.positions import Positions
from hopthu.source.records import Record, Source
from hopthu.validate import policy_of

DATA = Path(__file__).parents[1] / "golden" / "data"
MORE = {
    "documents": "- {id: cv-2, kind: request, number: 13/VP-VX, issuer: so-tai-chinh, "
    "date: 2026-05-27}\n- {id: qd-9, kind: decision, number: 09/QĐ-BNV, outside_issuer: Bộ Nội vụ, "
    "date: 2026-04-20}\n",
    "people": """\
- id: le-thi-ha
  name: Lê Thị Hà
  category: civil_servant
  mailbox: {address: halt, exception: qd-1}
  quota: 5 GiB
  hold: {from: 2026-05-04, decision: qd-1}
  corrections: [cv-1]
  changes:
    - {on: 2025-03-03, facts: [category], decision: qd-1, request: cv-1}
  posts:
    - {unit: van-phong-ubnd-tinh, title: Kế toán, from: 2022-03-01, decision: qd-1, request: cv-1}
    - {unit: so-tai-chinh, title: Kế toán, from: 2025-03-01, until: 2026-05-25, decision: qd-1,
       request: cv-1}
""",
    "units": """\
- {id: khu-rung-vinh-xanh, name: Khu Rừng Vịnh Xanh, short: KRVX, kind: khu-rung,
   parent: so-tai-chinh, created: {on: 2026-05-04, decision: qd-9, request: cv-1}}
- id: phong-moi-stc
  name: Phòng Mới
  kind: division
  parent: so-tai-chinh
  created: {on: 2026-05-04, decision: qd-1, request: cv-1}
  changes:
    - {on: 2026-05-11, facts: [name], decision: qd-1, request: cv-1}
""",
}
"""A request nobody cites yet, somebody whose last post is over, a new unit and one of a kind of the
policy that an authority outside created, in files of their own."""


@dataclass(frozen=True)
class Row:
    """A key by its path, another value, who must notice, and the policy around the key."""

    path: str
    value: Any
    observer: Observer
    given: Fields = field(default_factory=dict)

    def __str__(self) -> str:
        return self.path


OWN = {
    "regulation": {
        "title": "Quy chế",
        "number": "15/2026/QĐ-UBND",
        "issuer": "Ủy ban nhân dân tỉnh",
        "articles": {"Art. 5.2": "Art. 6"},
    }
}
LAN = {"networks": {"lan": {"ranges": ["10.38.0.0/16"], "may": ["directory", "deliver"]}}}
ALLOWED = {
    "guards": {"create": {"few": 0, "percent": [0, 0, 0], "most": 0}},
    "allowances": [{"guard": "create", "scope": "all", "document": "qd-1", "until": "2026-12-31"}],
}
DECIDED = {
    "changes": [
        {"on": "2026-05-11", "facts": ["operator"], "decision": "qd-1", "request": "cv-1"},
        {"on": "2026-05-12", "facts": ["domain"], "decision": "qd-1", "request": "cv-1"},
    ]
}
RENAMED = {
    "naming": {"otherwise": "x.{place}"},
    "changes": [
        {"on": "2026-05-11", "facts": ["naming.unit", "naming.otherwise"], "decision": "qd-1"}
    ],
}
FOREST = {"unit_kinds": {"khu-rung": {"name": "Khu Rừng", "like": "division"}}}
REPLICATED, SINGLE = (
    {"stores": {"storage": {"store1": {kept: "Trung tâm Dữ liệu"}}}}
    for kept in ("replicated", "single")
)
PAIRED = {"stores": {"storage": {"store1": {"drbd": "store1a"}}}}
PROBED = {"probe": {"accounts": True, "outside": {"server": "192.0.2.26", "domain": "example.org"}}}
OWNED = {"review": {"owners": [{"unit": "so-tai-chinh", "reviewers": ["@a/b"]}]}}


def limits(action: str) -> Iterator[Row]:
    """Yield the rows of one guard; seven or so mailboxes are counted against it."""
    share = 50 if action == "create" else 100
    least, whole = {"few": 0}, {"few": 0, "percent": [100, 100, 100]}
    key = f"guards.{action}"
    yield Row(f"{key}.few", 2, plan)
    yield Row(f"{key}.percent", [share] * 3, plan, {"guards": {action: least}})
    yield Row(f"{key}.most", 1, plan, {"guards": {action: whole}})


ROWS = (
    Row("domain", "example.gov.vn", files),
    Row("former_domains.0.domain", "khac.gov.vn", files),
    Row("former_domains.0.from", "2026-06-02", files),
    Row("former_domains.0.until", "2026-05-31", files),
    Row("former_domains.0.document", "qd-1", problems),
    Row("operator", "so-tai-chinh", files),
    Row("lists.canbo.name", "Công chức", listed),
    Row("lists.canbo.who", "units", files),
    Row("lists.canbo.kinds", ["commune"], files),
    Row("lists.toanthe.units", ["so-tai-chinh"], files),
    Row("lists.toanthe.among", ["commune"], files),
    Row("lists.toanthe.top", "so-tai-chinh", files),
    Row("regulation.title", "Nội quy", cited, OWN),
    Row("regulation.number", "16/2026/QĐ-UBND", cited, OWN),
    Row("regulation.issuer", "Hội đồng nhân dân tỉnh", cited, OWN),
    Row("regulation.articles", {"Art. 5.2": "Art. 7"}, cited, OWN),
    Row("networks.lan.ranges", ["10.39.0.0/16"], files, LAN),
    Row("networks.lan.may", ["deliver"], files, LAN),
    Row("networks.lan.of", "so-tai-chinh", problems, LAN),
    Row("networks.lan.sign_in", "client", files, LAN),
    Row("centre.ranges", ["10.99.0.0/24"], refused),
    Row("centre.hosts", {"edge1": "10.88.0.99"}, refused),
    Row("unit_kinds.khu-rung.name", "Khu", offered, FOREST),
    Row("unit_kinds.khu-rung.like", "board", offered, FOREST),
    Row("participating", ["province"], problems),
    Row("citing", {"delegate": ["request"]}, problems),
    Row("documents.without", ["name"], compared),
    *(Row(f"competence.{part.name}", ["inspectorate"], problems, {**ALLOWED, **DECIDED})
      for part in fields(Competence)),
    Row("documents.oldest", 1, edited),
    Row("outside_authorities", ["Chính phủ"], problems),
    Row("naming.unit", {"commune": "x.{place}"}, offered),
    Row("naming.otherwise", "{place}", offered),
    Row("stores.default", "store2", directory),
    Row("stores.by_kind", {"department": "store2"}, directory),
    Row("stores.storage.store1.replicated", "Viễn thông tỉnh", explained, REPLICATED),
    Row("stores.storage.store1.single", "Chánh Văn phòng", problems, SINGLE),
    # Which host of a pair that is: tests/unit/test_pairs.py, for the centre has none.
    Row("stores.storage.store1.drbd", "store1b", explained, PAIRED),
    Row("quotas.personal", "3 GiB", directory),
    Row("quotas.unit", "11 GiB", files),
    Row("quotas.steps", ["1 GiB"], problems),
    Row("quotas.warn", [70], files),
    Row("quotas.readers", 50, readers),
    Row("lifecycle.keep_closed_days", 125, plan),
    Row("lifecycle.keep_archived_days", 40, plan),
    Row("lifecycle.redirect_days", 470, plan),
    Row("lifecycle.due_working_days", 1, problems),
    Row("lifecycle.delegation_days", 30, problems),
    Row("lifecycle.without_post_days", 5, problems),
    Row("lifecycle.foreseen_days", 2, plan, {"lifecycle": {"keep_closed_days": 125}}),
    Row("lifecycle.idle_days", 30, unused),
    Row("daily.by", "pipeline", applied_by),
    Row("limits.message", "20 MiB", files),
    Row("limits.external_messages", 100, files),
    Row("limits.external_minutes", 20, files),
    Row("limits.external_daily", 500, files),
    Row("limits.internal_messages", 500, files),
    Row("limits.internal_daily", 500, files),
    Row("limits.refused_letters", 5, files),
    Row("limits.failed_sign_ins", 6, directory),
    Row("limits.sessions", 60, files),
    Row("limits.vacation_days", 0, files),
    Row("limits.trained_letters", 5, files),
    Row("passwords.first_days", 10, overdue),
    Row("passwords.min_length", 12, directory),
    Row("passwords.classes", 3, directory),
    Row("passwords.history", 8, directory),
    Row("passwords.max_age_days", 180, directory),
    Row("guards.sizes", [2, 4], plan, {"guards": {"create": {"few": 0}}}),
    Row("guards.unit_mailbox", 3, plan),
    *limits("close"),
    *limits("archive"),
    *limits("erase"),
    *limits("lock"),
    *limits("move"),
    *limits("change"),
    *limits("create"),
    Row("allowances.0.guard", "close", plan, ALLOWED),
    Row("allowances.0.scope", "so-tai-chinh", plan, ALLOWED),
    Row("allowances.0.document", "cv-1", plan, ALLOWED),
    Row("allowances.0.until", "2026-01-31", plan, ALLOWED),
    Row("review.operator", ["@a/b"], codeowners),
    Row("review.pattern", "@b/{unit}", codeowners),
    Row("review.kinds", ["commune"], codeowners),
    Row("review.owners.0.unit", "xa-dong-tien", codeowners, OWNED),
    Row("review.owners.0.reviewers", ["@c/d"], codeowners, OWNED),
    Row("review.approvals", 2, codeowners),
    Row("retention.mail_log_days", 365, files),
    Row("retention.backup_days", 35, files),
    Row("dns.resolvers", ["10.88.0.53"], files),
    Row("dns.dkim_selector", "k2", files),
    Row("dns.dmarc", "none", published),
    Row("reserved", ["abuse", "admin", "administrator", "hostmaster", "postmaster", "webmaster",
                     "tuyendung"], files),
    Row("free_mail", ["mail.example.org"], files),
    Row("probe.accounts", False, directory, PROBED),
    Row("probe.outside.server", "192.0.2.25", files, PROBED),
    Row("probe.outside.domain", "example.net", files, PROBED),
    Row("changes.1.on", "2027-05-12", problems, DECIDED),
    Row("changes.0.facts", ["limits.sessions"], loosened, DECIDED),
    Row("changes.0.decision", "qd-9", problems, DECIDED),
    Row("changes.0.request", "cv-2", problems, DECIDED),
    Row("changes.0.was.naming.unit", {"department": "{short}"}, problems, RENAMED),
    Row("changes.0.was.naming.otherwise", "{short}", problems, RENAMED),
)  # fmt: skip


def keys(inner: Fields, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every key that has a value of its own, as a path; `*` stands for each item or name."""
    for name, rules in inner.items():
        path = (*above, name)
        each = rules.get("valuesrules") or (rules["type"] == "list" and rules["schema"]) or {}
        if each.get("type") == "dict":
            yield from keys(each["schema"], (*path, EACH))
        elif "schema" in rules and rules["type"] == "dict":
            yield from keys(rules["schema"], path)
        else:
            yield ".".join(path)


def key_of(row: Row) -> str:
    """Return the key of a row, as `keys` writes it."""
    free = {
        "former_domains": 1,
        "lists": 1,
        "networks": 1,
        "unit_kinds": 1,
        "allowances": 1,
        "changes": 1,
        "review.owners": 2,
        "stores.storage": 2,
    }
    steps = row.path.split(".")
    for start, at in free.items():
        if row.path.startswith(f"{start}."):
            steps[at] = EACH
    return ".".join(steps)


def root(folder: Path) -> Path:
    """Return a copy of the golden data, with `MORE` in files of their own."""
    for kind in ("units", "people", "documents"):
        (folder / "data" / kind).mkdir(parents=True)
        shutil.copy(DATA / f"{kind}.yaml", folder / "data" / kind / "all.yaml")
        if kind in MORE:
            (folder / "data" / kind / "more.yaml").write_text(MORE[kind], encoding="utf-8")
    shutil.copy(DATA / "policy.yaml", folder / "data")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Return the data that every row is tried on."""
    return load(root(tmp_path_factory.mktemp("keys")))


def case(base: Source, policy: Fields) -> Case:
    """Return the data with another policy; its shape is valid."""
    (held,) = base.policy
    record = Record.of("policy", held.file, (), {**held.data, **policy}, Positions("f", ""))
    assert [] == list(validator.problems(record))
    source = replace(base, records={**base.records, "policy": (record,)})
    return Case(source, build(source), policy_of(source))


def put(policy: Fields, path: str, value: object) -> Fields:
    """Return a policy with another value at a path."""
    made = copy.deepcopy(policy)
    here: Any = made
    before, _, fact = path.partition(".was.")  # a fact is named with its section
    *above, last = (*before.split("."), *(("was", fact) if fact else ()))
    for step in above:
        here = here[int(step)] if isinstance(here, list) else here.setdefault(step, {})
    here[last] = value
    return made


def differs(row: Row, base: Source) -> bool:
    """Tell whether the observer of a row notices the other value."""
    own = {key: copy.deepcopy(value) for key, value in base.policy[0].data.items()}
    given = {**own, **row.given}
    before, after = case(base, given), case(base, put(given, row.path, row.value))
    return bool(row.observer(before) != row.observer(after))


def test_every_key_has_a_row() -> None:
    """A new key comes with its effect."""
    assert sorted(keys(schema("policy").fields)) == sorted(map(key_of, ROWS))


def test_every_key_says_whether_it_rests_on_a_document() -> None:
    """Itself or the section it is in, and only one of them; `own`, if each entry names one."""
    own = {path[0] for path, kind in references("policy") if kind == "documents"}
    for key in keys(schema("policy").fields):
        steps = [0 if step == EACH else step for step in key.split(".")]
        above = [schema("policy").field(steps[: n + 1]) for n in range(len(steps))]
        (basis,) = (each["meta"]["basis"] for each in above if "basis" in each.get("meta", {}))
        assert basis in (*IN_CHANGES, "own", "none"), key
        assert (basis == "own") == (key.split(".")[0] in own), key


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_another_value_is_noticed(row: Row, base: Source) -> None:
    """Whoever sets a key gets what it says."""
    assert differs(row, base)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_same_value_is_not(row: Row, base: Source) -> None:
    """Observers give the same for the same policy, so a difference comes from the key."""
    given = {**base.policy[0].data, **row.given}
    assert row.observer(case(base, given)) == row.observer(case(base, given))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the key `lifecycle.fake` to schema and model; nothing reads it."""
    with_fake = make_dataclass("Faked", [("fake", int, 1)], bases=(Lifecycle,), frozen=True)
    policy = replace(Policy(), lifecycle=with_fake())
    monkeypatch.setattr(policy_builder, "Policy", lambda: policy)
    rules = {"type": "integer", "meta": {"what": "x", "article": "Art. 1"}}
    monkeypatch.setitem(schema("policy").fields["lifecycle"]["schema"], "fake", rules)
    validator._validator.cache_clear()
    yield
    validator._validator.cache_clear()


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("observer", OBSERVERS, ids=lambda each: each.__name__)
def test_a_key_that_nothing_reads_is_noticed_by_none(observer: Observer, base: Source) -> None:
    """The test can fail: its row would, whatever observer it names."""
    assert not differs(Row("lifecycle.fake", 2, observer), base)


@pytest.mark.usefixtures("fake")
def test_a_key_without_a_row_is_found() -> None:
    """The test can fail."""
    assert {"lifecycle.fake"} == {*keys(schema("policy").fields)} - {*map(key_of, ROWS)}
