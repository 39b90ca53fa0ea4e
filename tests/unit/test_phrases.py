"""Numbers, sizes and documents in the sentences of plans."""

from datetime import date

import pytest
from samples import unit

from hopthu.i18n.catalogue import translate
from hopthu.model.organisation import Document, FactChange
from hopthu.model.phrases import describe_document, describe_issued, describe_number, describe_size


@pytest.mark.parametrize(
    ("number", "english", "vietnamese"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1196, "1,196", "1.196"),
        (1_002_003, "1,002,003", "1.002.003"),
    ],
)
def test_thousands_are_separated(number: int, english: str, vietnamese: str) -> None:
    """A comma in English, a dot in Vietnamese."""
    assert english == describe_number(number)
    assert vietnamese == translate(describe_number(number), "vi")


def test_sizes_are_shown_as_policies_write_them() -> None:
    """In GiB where that is a whole number."""
    assert ["2 GiB", "1536 MiB"] == [describe_size(2 * 1024**3), describe_size(1536 * 1024**2)]


@pytest.mark.parametrize(
    ("kind", "number", "english", "vietnamese"),
    [
        ("notice", "45/STC-VP", "notice", "Thông báo"),
        ("notice", "45/CV-STC", "notice", "Thông báo"),
        ("notice", "45/GBT-UBND", "death notice", "Giấy báo tử"),
        ("request", "45/STC-VP", "official letter", "Công văn"),
        ("request", "45/TTr-STC", "submission", "Tờ trình"),
        ("decision", "45/NQ-HĐND", "resolution", "Nghị quyết"),
        ("authorisation", "một", "authorisation", "Giấy ủy quyền"),
        ("adoption", "45/STC-VP", "adoption", "Văn bản phê duyệt danh sách"),
    ],
)
def test_documents_go_by_their_own_name(
    kind: str, number: str, english: str, vietnamese: str
) -> None:
    """That of the type in the symbol; a letter has none there, and is what its kind says."""
    document = describe_document(Document("a-1-2026", kind, number, "stc", date(2026, 3, 2)))
    assert f"{english} {number} of 2026-03-02" == document
    assert translate(document, "vi").lower().startswith(f"{vietnamese.lower()} ")


@pytest.mark.parametrize(
    ("day", "issuer"),
    [
        (date(2024, 12, 31), "Sở Tài chính vật giá"),
        (date(2025, 3, 1), "Sở Tài chính"),
        (date(2026, 6, 30), "Sở Tài chính"),
        (date(2026, 7, 1), "Sở Ngân sách"),
    ],
)
def test_documents_have_the_name_their_issuer_had(day: date, issuer: str) -> None:
    changes = (
        FactChange(date(2026, 7, 1), ("name", "short"), was={"name": "Sở Tài chính"}),
        FactChange(date(2025, 3, 1), ("name",), was={"name": "Sở Tài chính vật giá"}),
        FactChange(date(2027, 1, 1), ("short",), was={"short": "STC"}),
    )
    units = {"stc": unit("stc", "Sở Ngân sách", "stc", changes=changes)}
    document = Document("qd-1", "decision", "1/QĐ-STC", "stc", day)
    assert describe_issued(document, units).endswith(f" by {issuer}")
