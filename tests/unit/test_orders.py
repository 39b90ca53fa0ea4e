"""Which documents can order servers back to an earlier commit."""

from datetime import date
from pathlib import Path

import pytest

from hopthu.i18n.catalogue import translate
from hopthu.load import load
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.serving import unfit
from hopthu.validate import policy_of

BASE = Path(__file__).parents[1] / "rules" / "base"
ON = date(2026, 7, 31)
ORDER = (
    "{id: qd-7, kind: decision, number: 07/QĐ-UBND, issuer: ubnd-tinh, date: 2026-07-31, "
    "acts: [allowance]}"
)


def found(root: Path, document: str) -> str:
    """Return what is wrong with a document that is added to the shared base."""
    path = root / "data" / "documents.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    for each in (BASE / "data").iterdir():
        (path.parent / each.name).write_bytes(each.read_bytes())
    with path.open("a", encoding="utf-8") as documents:
        documents.write(f"- {document}\n")
    source = load(root)
    fault = unfit(RuleContext(source, policy_of(source), ON), "qd-7")
    if fault is None:
        return ""
    what, fix = fault
    assert translate(what, "vi") != what
    assert translate(fix, "vi") != fix
    return what


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("issuer: ubnd-tinh", "issuer: van-phong-ubnd-tinh"),
        ("decision, number: 07/QĐ-UBND", "request, number: 07/UBND-VP"),
    ],
)
def test_the_operator_and_those_above_may_order_it(tmp_path: Path, old: str, new: str) -> None:
    """By a decision or an official letter, on its very day."""
    assert "" == found(tmp_path, ORDER.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("issuer: ubnd-tinh", "issuer: so-tai-chinh", "is by so-tai-chinh, which may not decide"),
        (
            "issuer: ubnd-tinh",
            "outside_issuer: Chính phủ",
            'is by "Chính phủ", which may not decide on an allowance',
        ),
        ("date: 2026-07-31", "date: 2026-08-01", "is of 2026-08-01, which is still to come"),
        (", acts: [allowance]", "", "is not issued for an allowance"),
        ("[allowance]", "[exception]", "is not issued for an allowance"),
        ("acts", "units: [so-tai-chinh], acts", "does not name the whole province"),
        ("kind: decision", "kind: regulation", "is of kind regulation, not decision or request"),
    ],
)
def test_any_other_document_orders_nothing(tmp_path: Path, old: str, new: str, what: str) -> None:
    """Each with its reason; who may is the policy's `competence.allowance`."""
    assert old in ORDER
    assert f"qd-7 {what}" in found(tmp_path, ORDER.replace(old, new))
