"""A plan as people read it, in both languages; whatever names hold, it stays text."""

from dataclasses import replace
from datetime import date, timedelta

import click
import pytest
from samples import DAY, person, post

from hopthu.i18n.message import Message
from hopthu.model.guard_limits import Allowance
from hopthu.model.organisation import Document, Ending, Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import _INTO, KINDS, Change
from hopthu.plan.format_markdown import LONGEST, as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan, Snapshot, make
from hopthu.plan.summary import summary

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
    return make(Snapshot(before, policy), Snapshot(after, policy), DAY, "0123456789abcdef", "b")


def test_text(before: Organisation, after: Organisation, policy: Policy) -> None:
    """By document, then unit; what is due; how many, against what."""
    plan = planned(before, after, policy)
    expected = f"""\
decision 9/QĐ-UBND of 2026-04-24, request 9/STC-VP of 2026-04-28
  Sở Tài chính
    ~ Nguyễn Văn An moves from Sở Tài chính to Xã Đồng Tiến, as Chuyên viên [mailbox an]
    ~ Nguyễn Văn An: mail moves from store1 to store2 [mailbox an]
    - Nguyễn Văn An may no longer use the mailbox of Sở Tài chính, as its delegate [access stc/an]
  Xã Đồng Tiến
    ~ from 2026-06-15: Trần Thị Chi is no longer in service [person chi]
Due on 2026-06-15, without any edit:
decision 9/QĐ-UBND of 2026-04-24, request 9/STC-VP of 2026-04-28
  Xã Đồng Tiến
    - Trần Thị Chi: the mailbox closes; mail to it is refused [mailbox chi]
Changes on 2026-06-01: 4.
Against 0123456789ab; checksum {plan.checksum[:16]}.
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
    expected = f"""\
### Thay đổi ngày 01/06/2026\\: 4.

- hồ sơ cá nhân có thay đổi: **1**
- hộp thư thay đổi họ tên, chức vụ, đơn vị hoặc dung lượng: **1**
- hộp thư chuyển sang kho lưu khác: **1**
- quyền sử dụng hộp thư đơn vị bị thu hồi: **1**

So với 0123456789ab; mã kiểm tra {plan.checksum[:16]}.

<details><summary>Toàn bộ thay đổi (4)</summary>

#### quyết định số 9/QĐ-UBND ngày 24/04/2026, văn bản đề nghị số 9/STC-VP ngày 28/04/2026

**Sở Tài chính**

- Nguyễn Văn An chuyển từ Sở Tài chính đến Xã Đồng Tiến, chức vụ Chuyên viên
- Nguyễn Văn An\\: thư chuyển từ kho store1 sang kho store2
- Nguyễn Văn An thôi sử dụng hộp thư của Sở Tài chính với tư cách người được ủy quyền

**Xã Đồng Tiến**

- từ ngày 15/06/2026\\: Trần Thị Chi thôi công tác

</details>

<details><summary>Đến hạn ngày 15/06/2026, không cần sửa dữ liệu (1)</summary>

#### quyết định số 9/QĐ-UBND ngày 24/04/2026, văn bản đề nghị số 9/STC-VP ngày 28/04/2026

**Xã Đồng Tiến**

- Trần Thị Chi\\: đóng hộp thư; thư gửi đến bị từ chối

</details>
"""
    assert expected == as_markdown(plan, after, "vi")


def test_guards_are_told(before: Organisation, policy: Policy) -> None:
    """What stops the plan, and what would without its allowance."""
    people = {k: replace(p, left=Ending("retired", DAY)) for k, p in before.people.items()}
    after = replace(before, people=people)
    allowed = replace(policy, allowances=(Allowance("close", "xa", "qd-9", DAY),))
    limits = replace(policy.guards, close=replace(policy.guards.close, few=0, percent=(10,)))
    plan = planned(before, after, replace(allowed, guards=limits))
    told = click.unstyle(as_text(plan, after))
    assert "refused: mailboxes closed in Sở Tài chính: 2, at most 0 [close]\n" in told
    assert "refused: the mailbox of Sở Tài chính would have neither head nor delegate" in told
    assert (
        "allowed: mailboxes closed in Xã Đồng Tiến: 1, at most 0; "
        "allowed by decision 9/QĐ-UBND of 2026-04-24 [close]\n"
    ) in told
    assert told.endswith("Refused by 3 guard(s).\n")
    markdown = as_markdown(plan, after, "vi")
    assert "- **từ chối**: hộp thư bị đóng tại Sở Tài chính\\: 2, tối đa 0 (`close`)" in markdown
    assert "**Kế hoạch bị từ chối.**" in markdown


NASTY = "<img src=x> [a](http://b.vn) `c` **d** | # @all www.b.vn\n</details>\x1b[2J &amp;"


def test_names_are_never_markup(before: Organisation, policy: Policy) -> None:
    """No tag, link, mention, heading or control character gets through."""
    ha = person("ha", NASTY, "ha", "stc")
    after = replace(before, people={**before.people, "ha": ha})
    plan = planned(before, after, policy)
    markdown = as_markdown(plan, after, "vi")
    line = next(line for line in markdown.splitlines() if "img" in line)
    assert (
        "- &lt;img src\\=x&gt; \\[a\\]\\(http\\://b.vn\\) \\`c\\` \\*\\*d\\*\\* \\| \\# "
        "@<!-- -->all www<!-- -->.b.vn\\\\u000a&lt;/details&gt;\\\\u001b\\[2J &amp;amp;\\: "
    ) == line[: line.index("tạo hộp thư")]
    assert markdown.count("</details>") == markdown.count("<details>") == 1
    text = click.unstyle(as_text(plan, after))
    assert all(line.isprintable() for line in text.splitlines())
    assert len(text.splitlines()) == 6


def test_many_alike_are_counted_and_what_closes_is_always_shown(
    before: Organisation, policy: Policy
) -> None:
    """A reader of forty new colleagues sees ten; of forty closings, all."""
    new = {f"p{n}": person(f"p{n}", f"Lê {n}", f"le.{n}", "stc") for n in range(40)}
    after = replace(before, people={**before.people, **new})
    grown = as_text(planned(before, after, policy), after)
    assert "    … and 60 more like these\n" in grown  # 30 mailboxes, and as many addresses
    mixed = {k: replace(p, name="Lê Mới") for k, p in new.items()}
    mixed["p15"] = replace(new["p15"], left=Ending("retired", DAY))
    told = as_text(
        planned(after, replace(before, people={**before.people, **mixed}), policy), after
    )
    assert (10, 1) == (told.count("is now called"), told.count("the mailbox closes"))
    gone = {k: replace(p, left=Ending("retired", DAY)) for k, p in new.items()}
    fewer = replace(before, people={**before.people, **gone})
    assert 40 == as_text(planned(after, fewer, policy), fewer).count("the mailbox closes")


def test_a_comment_is_never_too_long_for_a_forge(before: Organisation, policy: Policy) -> None:
    """It ends in a whole line, unfolded, and says so."""
    new = {f"p{n}": person(f"p{n}", f"Lê {n}", f"le.{n}", "stc") for n in range(2000)}
    gone = {k: replace(p, left=Ending("retired", DAY)) for k, p in new.items()}
    after, fewer = (replace(before, people={**before.people, **more}) for more in (new, gone))
    told = as_markdown(planned(after, fewer, policy), fewer, "vi")
    assert LONGEST - 500 < len(told) < 65_536
    assert told.count("<details>") == told.count("</details>") == 1
    assert told.endswith("Phần còn lại quá dài; xem bằng lệnh `hopthu plan`.\n")


def test_every_change_there_can_be_is_summed_up(policy: Policy) -> None:
    """Whatever happens to a mailbox, a right, the policy or an entry has words for how many."""
    actions = {
        "mailbox": [*_INTO.values(), "create", "change", "move"],
        "address": ["add", "change", "remove"],
        "access": ["grant", "revoke"],
        "policy": ["add", "change", "remove"],
        "entry": ["add", "change", "restore"],
        "unit": ["create", "change", "close"],
        "person": ["change"],
    }
    changes = [
        Change(kind, "x", action, None, None, (), Message("x"))  # type: ignore[arg-type]
        for kind, names in actions.items()
        for action in names
    ]
    assert len(changes) == sum(number for _, number in summary(changes))
    assert {*actions, "list"} == {*KINDS}
