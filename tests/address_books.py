"""Recorded queries of mail programs, and whom of the shipped data they find."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_RECORDED = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True)
class Query:
    """The filter a program sends for what is `typed` as a recipient or in the address book.

    It is `complete` if it asks for posts and units too.
    """

    client: str
    where: str
    typed: str
    filter: str
    complete: bool

    def __str__(self) -> str:
        extent = ", posts and units" if self.complete else ""
        return f"{self.client}: {self.where}{extent}: {self.typed}"


QUERIES = tuple(
    Query(each["client"], each["where"], typed, filter_, each.get("complete", False))
    for each in yaml.safe_load(_RECORDED.read_text(encoding="utf-8"))
    for typed, filter_ in each["asks"].items()
)
YEN, THUY = {"nguyen-thi-hai-yen", "phung-thi-yen"}, {"khuong-thi-thuy", "nguyen-thi-thuy"}
FINDS: Mapping[str, set[str]] = {
    "nguyen van an": {"nguyen-van-an"},
    "yen": YEN,
    "yến": YEN,
    "thuỷ": THUY,
    "thủy": THUY,
    "so tai chinh": {"so-tai-chinh"},
    "annv": {"nguyen-van-an"},
}
"""Ids that a query for a text finds, among others."""
BY_POST: Mapping[str, set[str]] = {
    "so tai chinh": {"le-van-binh", "nguyen-van-an"},
    "pho giam doc tai chinh": {"khuong-thi-thuy"},
}
"""Ids that a query which asks for posts and units finds as well."""
GONE = "nguyen-dinh-tu"
"""Somebody whom no query finds: the mailbox is closed."""


def found_by(query: Query) -> set[str]:
    """Return the ids that a query finds, among others."""
    # Roundcube searches its book by name alone.
    by_name = query.client.startswith("Roundcube") and query.where == "address book"
    found = set() if by_name and query.typed == "annv" else FINDS.get(query.typed, set())
    return found | (BY_POST.get(query.typed, set()) if query.complete else set())
