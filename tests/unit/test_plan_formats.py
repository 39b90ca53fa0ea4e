"""A plan as people read it, in both languages; whatever names hold, it stays text."""

import re
from dataclasses import replace
from datetime import date, timedelta

import click
import pytest
from markdown_it import MarkdownIt
from samples import DAY, person, post

from hopthu.errors import Refused
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.guard_limits import Allowance
from hopthu.model.organisation import Document, Ending, Organisation
from hopthu.model.phrases import describe_document, describe_issued
from hopthu.model.policy import Policy
from hopthu.plan import format_markdown
from hopthu.plan.diff import _INTO, KINDS, Change, Row
from hopthu.plan.findings import allowance, findings
from hopthu.plan.format_markdown import LONGEST, as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.guards.result import Guard
from hopthu.plan.host_changes import Servers
from hopthu.plan.lines import Line, Part
from hopthu.plan.plan import Plan, make
from hopthu.plan.summary import line_of, summary
from revisions import revision

DOCUMENTS = {
    "qd-9": Document("qd-9", "decision", "9/QĐ-UBND", "vp", date(2026, 4, 24)),
    "cv-9": Document("cv-9", "request", "9/STC-VP", "stc", date(2026, 4, 28)),
}


@pytest.fixture
def before(organisation: Organisation) -> Organisation:
    return replace(organisation, documents=DOCUMENTS)


@pytest.fixture
def after(before: Organisation) -> Organisation:
    """One transfer now, and one retirement in two weeks."""
    posts = (
        replace(post("an", "stc"), until=date(2026, 4, 30)),
        post("an", "xa", date(2026, 5, 1), decision="qd-9", request="cv-9"),
    )
    left = Ending("retired", DAY + timedelta(days=14), decision="qd-9", request="cv-9")
    an = replace(before.people["an"], posts=posts)
    chi = replace(before.people["chi"], left=left)
    return replace(before, people={**before.people, "an": an, "chi": chi})


def planned(before: Organisation, after: Organisation, policy: Policy) -> Plan:
    return make(revision(before, policy), revision(after, policy), DAY, "0123456789abcdef")


def test_text(before: Organisation, after: Organisation, policy: Policy) -> None:
    """By document, then unit, each with the row it comes from; how many, against what."""
    plan = planned(before, after, policy)
    cited = """\
  decision 9/QĐ-UBND of 2026-04-24 by Văn phòng UBND tỉnh
  official letter 9/STC-VP of 2026-04-28 by Sở Tài chính
"""
    expected = f"""\
What changes on 2026-06-01:
{cited}\
    Sở Tài chính
      ~ Nguyễn Văn An moves from Sở Tài chính to Xã Đồng Tiến, as Chuyên viên \
[mailbox an; posts from 2026-05-01]
      ~ Nguyễn Văn An: mail moves from store1 to store2 [mailbox an; posts from 2026-05-01]
      - Nguyễn Văn An loses access to the mailbox of Sở Tài chính as delegate \
[access stc/an; posts from 2026-05-01 of an]
What changes later:
{cited}\
    Sở Tài chính
      ~ no longer on 2027-01-01: Nguyễn Văn An loses access to the mailbox of Sở Tài chính as \
delegate [access stc/an; posts from 2026-05-01 of an]
    Xã Đồng Tiến
      ~ on 2026-06-15: Trần Thị Chi: senders are now answered: Mailbox closed, please write to \
xa.dongtien@thanhhoa.gov.vn / Hop thu da dong, xin gui den xa.dongtien@thanhhoa.gov.vn \
[mailbox chi; left]
      - on 2026-06-15: Trần Thị Chi: the mailbox is closed; mail to it is refused \
[mailbox chi; left]
      ~ on 2026-09-13: Trần Thị Chi: the content of the mailbox is due to be archived \
[mailbox chi; left]
      - on 2036-09-10: Trần Thị Chi: the content of the mailbox is due to be erased; the address \
is never reissued [mailbox chi; left]
Changes on 2026-06-01: 3, later: 5.
Compared with 0123456789ab; checksum {plan.checksum[:16]}.
"""
    told = as_text(plan, after)
    assert expected == click.unstyle(told)
    assert expected != told


def test_text_without_changes(before: Organisation, policy: Policy) -> None:
    """One line."""
    told = as_text(planned(before, before, policy), before)
    assert "Nothing changes on 2026-06-01.\n" == click.unstyle(told)


def test_markdown_in_vietnamese(before: Organisation, after: Organisation, policy: Policy) -> None:
    """What happens in a few lines a head of department reads; the rest folded."""
    plan = planned(before, after, policy)
    cited = """

#### `quyết định số 9/QĐ-UBND ngày 24/04/2026 của Văn phòng UBND tỉnh`

#### `công văn số 9/STC-VP ngày 28/04/2026 của Sở Tài chính`
"""
    expected = f"""\
### Thay đổi ngày 01/06/2026: 3, các ngày sau: 5.

- hộp thư thay đổi họ tên, chức danh, đơn vị, dung lượng hoặc câu trả lời: **1**
- hộp thư chuyển sang kho thư khác: **1**
- quyền sử dụng hộp thư đơn vị bị thu hồi: **1**

`So với 0123456789ab; mã kiểm tra {plan.checksum[:16]}.`

<details><summary>Thay đổi ngày 01/06/2026 (3)</summary>
{cited}
**`Sở Tài chính`**

- `~ Nguyễn Văn An chuyển từ Sở Tài chính đến Xã Đồng Tiến, chức danh Chuyên viên [mailbox an; theo vị trí công tác từ ngày 01/05/2026]`
- `~ Nguyễn Văn An: thư chuyển từ kho thư store1 sang kho thư store2 [mailbox an; theo vị trí công tác từ ngày 01/05/2026]`
- `- Nguyễn Văn An thôi sử dụng hộp thư của Sở Tài chính với tư cách người được ủy quyền [access stc/an; theo vị trí công tác từ ngày 01/05/2026 của an]`

</details>

<details><summary>Thay đổi vào các ngày sau (5)</summary>
{cited}
**`Sở Tài chính`**

- `~ hủy việc dự kiến ngày 01/01/2027: Nguyễn Văn An thôi sử dụng hộp thư của Sở Tài chính với tư cách người được ủy quyền [access stc/an; theo vị trí công tác từ ngày 01/05/2026 của an]`

**`Xã Đồng Tiến`**

- `~ ngày 15/06/2026: Trần Thị Chi: người gửi nhận được trả lời: Mailbox closed, please write to xa.dongtien@thanhhoa.gov.vn / Hop thu da dong, xin gui den xa.dongtien@thanhhoa.gov.vn [mailbox chi; theo thôi công tác]`
- `- ngày 15/06/2026: Trần Thị Chi: đóng hộp thư; thư gửi đến bị từ chối [mailbox chi; theo thôi công tác]`
- `~ ngày 13/09/2026: Trần Thị Chi: đến hạn đưa nội dung hộp thư vào lưu trữ [mailbox chi; theo thôi công tác]`
- `- ngày 10/09/2036: Trần Thị Chi: đến hạn xóa nội dung hộp thư; địa chỉ không cấp lại [mailbox chi; theo thôi công tác]`

</details>
"""  # noqa: E501
    assert expected == as_markdown(plan, after, "vi")


def test_results_of_guards_are_shown(before: Organisation, policy: Policy) -> None:
    """What stops the plan, and what would without its allowance."""
    people = {k: replace(p, left=Ending("retired", DAY)) for k, p in before.people.items()}
    after = replace(before, people=people)
    allowed = replace(policy, allowances=(Allowance("close", "xa", "qd-9", DAY),))
    limits = replace(policy.guards, close=replace(policy.guards.close, few=0, percent=(10,)))
    plan = planned(before, after, replace(allowed, guards=limits))
    told = click.unstyle(as_text(plan, after))
    assert 'refused: guard "close", Sở Tài chính: mailboxes: 2, limit 0\n' in told
    assert (
        "warning: the mailbox of Sở Tài chính has neither head nor delegate from 2026-06-01 on: "
        "Nguyễn Văn An leaves on 2026-06-01 (left of an); Lê Văn Bình leaves on 2026-06-01 "
        "(left of binh) (unit-without-custodian)\n"
    ) in told
    assert (
        'allowed: guard "close", Xã Đồng Tiến: mailboxes: 1, limit 0; '
        "allowed by decision 9/QĐ-UBND of 2026-04-24\n"
    ) in told
    assert "\nThe plan is refused.\n" in told
    markdown = as_markdown(plan, after, "vi")
    assert (
        '- **từ chối**: `ngưỡng "đóng hộp thư" (close), Sở Tài chính: số hộp thư: 2, '
        "giới hạn 0`" in markdown
    )
    assert "**Kế hoạch bị từ chối.**" in markdown


NASTY = (
    "<img src=x> [a](http://b.vn) `c` **d** | # @all www.b.vn\n</details>\x1b[2J &amp; ``` "
    "#12 !3 $4 WWW.example GH-5 a@b.vn owner/repo#6 0123456789abcdef0123456789abcdef01234567 "
)


def test_names_are_never_markup(before: Organisation, policy: Policy) -> None:
    """All that has text of the data is code, where forges look for no link and no mention."""
    ha = person("ha", NASTY, "ha", "stc")
    after = replace(before, people={**before.people, "ha": ha})
    plan = planned(before, after, policy)
    markdown = as_markdown(plan, after, "vi")
    tokens = MarkdownIt("commonmark", {"linkify": False}).parse(markdown)
    inline = [each for token in tokens for each in token.children or ()]
    shown = NASTY.replace("\n", "\\u000a").replace("\x1b", "\\u001b")
    assert 2 == sum(shown.strip() in each.content for each in inline if each.type == "code_inline")
    own = "".join(each.content for each in inline if each.type == "text")
    assert {*"#@<"}.isdisjoint(own)
    assert "www" not in own.lower()
    assert {"text", "code_inline", "strong_open", "strong_close"} == {each.type for each in inline}
    assert markdown.count("</details>") - 2 == markdown.count("<details>") == 1
    text = click.unstyle(as_text(plan, after))
    assert all(line.isprintable() for line in text.splitlines())
    assert len(text.splitlines()) == 7


def test_changes_alike_are_one_line_and_closings_are_not(
    before: Organisation, policy: Policy
) -> None:
    """With their number, the first of them and a digest, in which each of them counts."""
    new = {f"p{n}": person(f"p{n}", f"Lê {n}", f"le.{n}", "stc") for n in range(40)}
    after = replace(before, people={**before.people, **new})
    grown = as_text(planned(before, after, policy), after)
    assert "40 lines, such as Sở Tài chính: Lê 0: a new mailbox, Chuyên viên at" in grown
    found = re.findall(r"digest (\w{32})\)", grown)
    assert 2 == len(found)  # mailboxes, and as many addresses
    new["p30"] = replace(new["p30"], name="Lê Khác")
    other = replace(before, people={**before.people, **new})
    again = re.findall(r"digest (\w{32})\)", as_text(planned(before, other, policy), other))
    assert all(one != two for one, two in zip(found, again, strict=True))
    gone = {k: replace(p, left=Ending("retired", DAY)) for k, p in new.items()}
    fewer = replace(before, people={**before.people, **gone})
    assert 40 == as_text(planned(after, fewer, policy), fewer).count("the mailbox is closed")


@pytest.mark.slow
def test_a_comment_fits_the_limit_of_forges(before: Organisation, policy: Policy) -> None:
    """The last lines of each part stand for all that there is no room for, one for each kind."""
    new = {f"p{n}": person(f"p{n}", f"Lê {n}", f"le.{n}", "stc") for n in range(2000)}
    gone = {k: replace(p, left=Ending("retired", DAY)) for k, p in new.items()}
    after, fewer = (replace(before, people={**before.people, **more}) for more in (new, gone))
    told = as_markdown(planned(after, fewer, policy), fewer, "vi")
    assert LONGEST - 4_000 < len(told) <= LONGEST
    assert told.count("<details>") == told.count("</details>") == 2
    left = re.findall(r"`. ([\d.]+) dòng, chẳng hạn .* \(mã băm \w{32}\)`", told)
    assert 4 == len(left)  # closed today, their answers, due for the archive and for the end
    shown = told.count("[mailbox p") - len(left)  # the examples
    assert 8_000 == shown + sum(int(number.replace(".", "")) for number in left)


def test_no_number_of_lines_pushes_another_kind_out_of_a_comment(
    before: Organisation, policy: Policy
) -> None:
    """However many there are, before and after it, of each part."""
    plan = planned(before, before, policy)
    noise = [
        Change("mailbox", f"a{n}", "lock", n, n, ("qd-9",), Message(f"{n} {'x' * 90}"), "stc")
        for n in range(3000)
    ]
    few = [
        Change("access", "stc/an", "grant", None, "head", ("qd-9",), Message("a right"), "stc"),
        Change("policy", "z", "end", 1, 2, (), Message("a domain")),
    ]
    files = tuple(
        Change("code", f"{n}/x", "add", None, n, (), Message(f"{n} {'x' * 90}"))
        for n in range(3000)
    )
    workflow = Change("code", "z/ci.yml", "change", 1, 2, (), Message("a workflow"))
    later = tuple(replace(c, on=DAY + timedelta(days=n)) for n, c in enumerate(noise))
    first = replace(few[0], on=DAY + timedelta(days=9999), summary=Message("a later right"))
    changes = (*noise, *few)
    told = as_markdown(
        replace(plan, changes=changes, later=(*later, first), code=(*files, workflow)), before
    )
    assert len(told) <= LONGEST
    for text in ("- a right", "a later right", "a domain", "a workflow"):
        assert text.removeprefix("- ") in told
    assert told.index("a workflow") < told.index("<details>")


@pytest.mark.parametrize(
    "number", [1, 3, *(pytest.param(many, marks=pytest.mark.slow) for many in (40, 90))]
)
@pytest.mark.parametrize("kinds", [1, 5])
def test_no_number_of_parts_is_too_much_for_a_comment(
    monkeypatch: pytest.MonkeyPatch, number: int, kinds: int
) -> None:
    """Such as those of many hosts or days: where there is no room for kinds, one line is left."""
    lines = [
        Line("x" * 90, f"do {n % kinds}", "mailbox", (f"decision {n // 3}",), f"unit {n}", row=n)
        for n in range(600)
    ]
    parts = [Part(Message("a part"), lines)] * number
    monkeypatch.setattr(format_markdown, "parts", lambda *_, **__: parts)
    told = as_markdown(Plan(DAY, "a", ()), Organisation({}, {}))
    assert LONGEST / (2 if number < 9 else 9) < len(told) <= LONGEST
    assert number * (kinds if number < 9 else 1) <= told.count("digest") <= number * kinds


def test_no_length_of_a_line_is_too_much_for_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor of its headings: what there is no room for has a digest, in which all of it counts."""

    def told(text: str, document: str) -> str:
        line = Line(text, "change", "people", (document,), "Nguyễn Văn An", row=1)
        monkeypatch.setattr(
            format_markdown, "parts", lambda *_, **__: [Part(Message("a part"), [line])]
        )
        return as_markdown(Plan(DAY, "a", ()), Organisation({}, {}), "vi")

    long = "x" * LONGEST
    found = [told("y", long), told("y", f"{long}x"), told(long, "z"), told(f"{long}x", "z")]
    assert len(found) == len({*found})
    assert all("Nguyễn Văn An: " in each and len(each) < LONGEST for each in found)


@pytest.mark.parametrize("number", [1, 300])
def test_no_length_of_what_refuses_a_plan_is_too_much_for_a_comment(number: int) -> None:
    """It is shortened as lines are, in its own words first; a digest counts all of it."""

    def told(last: str) -> str:
        long = "x" * (LONGEST // number)
        said = [f"on {each}: {long}" for each in range(number)]
        refusals = tuple(
            Refused(Message("{text}", text=text), fix=Message("ask again"))
            for text in (*said[:-1], said[-1] + last)
        )
        servers = Servers("lab", refusals=refusals)
        return as_markdown(Plan(DAY, "a", (), servers=servers), Organisation({}, {}), "en")

    one, other = told("y"), told("z")
    assert one != other
    assert all("**refused**: `" in each and "on 0: xxx" in each for each in (one, other))
    assert all("(digest " in each and len(each) <= LONGEST for each in (one, other))
    assert "The plan is refused." in one


def test_every_kind_of_change_has_a_summary(policy: Policy) -> None:
    """Whatever happens to a mailbox, a right, the policy or an entry has words for how many."""
    actions = {
        "mailbox": [*_INTO.values(), "create", "change", "move"],
        "address": ["add", "change", "remove"],
        "access": ["grant", "revoke"],
        "policy": ["begin", "end"],
        "entry": ["add", "change", "restore"],
    }
    changes = [
        Change(kind, "x", action, None, None, (), Message("x"))  # type: ignore[arg-type]
        for kind, names in actions.items()
        for action in names
    ]
    assert len(changes) == sum(number for _, number in summary(changes))
    assert {*actions, "list", "code", "data"} == {*KINDS}


@pytest.mark.parametrize(
    ("kind", "number", "said"),
    [
        ("decision", "30/NQ-HĐND", "nghị quyết số 30/NQ-HĐND"),
        ("decision", "9/QĐ-UBND", "quyết định số 9/QĐ-UBND"),
        ("request", "9/STC-VP", "công văn số 9/STC-VP"),
        ("request", "9/TTr-STC", "tờ trình số 9/TTr-STC"),
        ("authorisation", "02/GUQ-STC", "giấy ủy quyền số 02/GUQ-STC"),
        ("notice", "12/TB-UBND", "thông báo số 12/TB-UBND"),
        ("decision", "không số", "quyết định số không số"),
    ],
)
def test_a_document_is_called_after_its_symbol(kind: str, number: str, said: str) -> None:
    """And after its kind where the number has none."""
    document = Document("d-1", kind, number, "stc", DAY)
    assert f"{said} ngày 01/06/2026" == translate(describe_document(document), "vi")


def test_a_heading_names_who_issued_the_document(before: Organisation) -> None:
    """A unit by its name, an authority outside as written: the number alone could be anybody's."""
    of_unit = Document("d-1", "decision", "9/QĐ-UBND", "stc", DAY)
    outside = replace(of_unit, issuer="", outside_issuer="Chính phủ")
    said = [translate(describe_issued(each, before.units), "vi") for each in (of_unit, outside)]
    assert [
        "quyết định số 9/QĐ-UBND ngày 01/06/2026 của Sở Tài chính",
        "quyết định số 9/QĐ-UBND ngày 01/06/2026 của Chính phủ",
    ] == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("96/UBND-VP", "công văn số 96/UBND-VP ngày 01/06/2026 của UBND xã Đồng Tiến"),
        ("3/NQ-HĐND", "nghị quyết số 3/NQ-HĐND ngày 01/06/2026 của HĐND xã Đồng Tiến"),
        ("3/QĐ-ĐT", "quyết định số 3/QĐ-ĐT ngày 01/06/2026 của Xã Đồng Tiến"),
        ("không số", "công văn số không số ngày 01/06/2026 của Xã Đồng Tiến"),
    ],
)
def test_a_commune_issues_by_its_committee_or_its_council(
    before: Organisation, number: str, said: str
) -> None:
    """Which of them the symbol says; it may be the short name of the commune as well."""
    document = Document("d-1", "request", number, "xa", DAY)
    units = {**before.units, "xa": replace(before.units["xa"], short="ĐT")}
    assert said == translate(describe_issued(document, units), "vi")


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        (Guard("close", "stc", 2, 0, mailboxes=2), "Sở Tài chính: mailboxes: 2"),
        (Guard("close", "stc", 6, 3, mailboxes=2),
         "Sở Tài chính: mailboxes: 2, counted as 6 (a unit mailbox as several)"),
        (Guard("change", "all", 15, 10, mailboxes=3),
         "province-wide: mailboxes: 3, counted as 15 (a unit mailbox as several)"),
    ],
)  # fmt: skip
def test_a_guard_says_what_it_counted(before: Organisation, guard: Guard, said: str) -> None:
    """Mailboxes as they are, their weight beside it."""
    ((_, sentence),) = findings([guard], before)
    expected = f'guard "{guard.id}", {said}, limit {guard.limit}'
    assert expected == translate(sentence, "en")


def test_an_allowance_is_printed_ready_to_paste() -> None:
    """A row for each guard and scope that refuses, and what the document must be issued for."""
    refused = [Guard("close", "all", 9, 3), Guard("close", "stc", 9, 3)]
    fix = allowance([*refused, Guard("lock", "stc", 0, 3)], DAY)
    row = "{{guard: close, scope: {}, document: ID-OF-THE-DOCUMENT, until: 2026-06-08}}"
    rows = ", ".join(map(row.format, ("all", "stc")))
    assert fix is not None
    assert (
        "change less at once; if it is meant, add to data/policy.yaml: "
        f"`allowances: [{rows}]`; the document has to be issued for it, and its record in "
        "data/documents.yaml says so: `acts: [allowance]`"
    ) == translate(fix, "en")


def test_many_allowances_are_not_all_printed() -> None:
    """The rows of five scopes show how the others are written."""
    fix = allowance([Guard("close", f"u{n}", 9, 3) for n in range(40)], DAY)
    assert fix is not None
    assert 5 == translate(fix, "en").count("guard: close")
    assert ", …]`; the document" in translate(fix, "en")


def test_a_refusal_of_servers_says_what_to_do(before: Organisation, policy: Policy) -> None:
    """In every format that people read, and that the plan is refused."""
    why = Refused(Message("no"), fix=Message("ask again"))
    plan = replace(planned(before, before, policy), servers=Servers("lab", refusals=(why,)))
    text = click.unstyle(as_text(plan, before.at(DAY)))
    assert "refused: no\n  fix: ask again\n" in text
    assert "The plan is refused.\n" in text
    markdown = as_markdown(plan, before.at(DAY))
    assert "- **refused**: `no`\n  - fix: `ask again`\n" in markdown
    assert "**The plan is refused.**" in markdown
    assert [{"what": "no", "fix": "ask again"}] == plan.as_dict()["refusals"]


def test_more_rows_than_a_line_has_room_for_are_no_problems() -> None:
    """The message that counts problems is not theirs."""
    rows = tuple(Row("an", "posts", f"2026-0{month}-01") for month in range(1, 6))
    change = Change("mailbox", "an", "lock", None, None, (), Message("An"), rows=rows)
    said = translate(line_of(change), "vi")
    assert "vị trí công tác từ ngày 01/03/2026 và 2 mục khác]" in said
    assert "từ ngày 01/01/2026, vị trí công tác từ ngày 01/02/2026, " in said
