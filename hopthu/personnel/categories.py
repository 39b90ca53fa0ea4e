"""Who of a list is an official, and of which category (Art. 4)."""

from __future__ import annotations

import re
from typing import Literal

from hopthu.i18n.vietnamese import fold, same
from hopthu.model.organisation import Category

NotEntitled = Literal["not entitled"]
NOT_ENTITLED: NotEntitled = "not entitled"
"""What contract staff and others outside the three categories are."""

_CATEGORIES: tuple[tuple[Category, re.Pattern[str]], ...] = (
    ("cadre", re.compile(r"(canbo|cb)(capxa|xa|chuyentrach)?\Z")),
    ("civil_servant", re.compile(r"(congchuc|cc)(capxa|xa)?\Z|congchuc(?!.*vienchuc)")),
    ("public_employee", re.compile(r"(vienchuc|vc)(quanly)?\Z|vienchuc(?!.*congchuc)")),
)
# A public employee has a contract to work, "hợp đồng làm việc" (Law 58/2010/QH12, Art. 25): only
# one of labour, or without a word, is that of others.
_WORK = re.compile("hopdonglamviec|hdlv")
_OTHERS = re.compile(r"(nguoi)?laodong|congtacvien|(hd|hdld|nld|kct|ldhd)(\d+(ndcp|nd)?)?\Z|hd\d+")
_OTHERS_ANYWHERE = re.compile("hopdong|khongchuyentrach|banchuyentrach")
_SHORTENED = re.compile(
    r"\b(hdld|ldhd|nld"
    r"|(hd|nd|nghi dinh) ?(so )?(theo )?(nd ?|nghi dinh )?(so )?(68|111|161)\b"
    r"|hd (lao dong|(ngan|dai) han|thoi vu|vu viec|khoan|thu viec|co thoi han|khong xac dinh)"
    r"|hd ((ke )?tu|den|so)( ngay| thang| nam)? \d\w*"
    r"|(lai xe|bao ve|tap vu|phuc vu|nhan vien|van thu|ke toan) hd\Z)\b"
    r"|^(hd\Z|nguoi lao dong\b)"
)
"""How contracts of labour are shortened, and the decrees on them: 68/2000/NĐ-CP, 161/2018/NĐ-CP,
111/2022/NĐ-CP. `HĐ` stands for councils (`hội đồng`) as well."""
_ASIDE = re.compile(r"\(\s*HĐ\s*\)", re.IGNORECASE)
_WORDS = re.compile(r"\w+")
_TITLES: tuple[tuple[Category, re.Pattern[str]], ...] = (
    ("public_employee", re.compile(r"vien chuc\b")),
    ("civil_servant", re.compile(r"cong chuc\b")),
    (
        "cadre",
        re.compile(
            r"can bo\b|(?!.*\b(giam doc|truong phong|chanh|chuyen vien)\b)(pho )?"
            r"(bi thu\b(?! chi (bo|doan))|"
            r"chu tich( (ubnd|hdnd|uy ban|hoi dong nhan dan|ubmttq|mttq)\b|\Z))"
        ),
    ),
)
# Titles of professions of public employees have a code of their own: V.07.04.32.
_PROFESSION = re.compile(r"\s*V\s*\.?\s*\d{2}\.\d{2}(\.\d{2})?\b", re.IGNORECASE)


def category_of(written: str) -> Category | NotEntitled | None:
    """Return the category that a cell names, `NOT_ENTITLED`, or None if it names none."""
    folded = fold(written)
    if is_not_entitled(written) or _OTHERS.match(_WORK.sub("", folded)):
        return NOT_ENTITLED
    for category, form in _CATEGORIES:
        if form.match(folded):
            return category
    return None


def category_of_rank(written: str) -> Category | NotEntitled | None:
    """Return the category that a rank shows: by its word, or by the code of a profession."""
    return "public_employee" if _PROFESSION.match(written) else category_of(written)


def category_of_title(title: str) -> Category | None:
    """Return the category that a title shows: it begins with it, or is that of an elected cadre."""
    words = " ".join(fold(word) for word in _WORDS.findall(same(title)))
    return next((category for category, form in _TITLES if form.match(words)), None)


def is_not_entitled(remark: str) -> bool:
    """Tell whether a title or a remark says that somebody is none of the three (Art. 4)."""
    if _OTHERS_ANYWHERE.search(_WORK.sub("", fold(remark))):
        return True
    text = same(remark)
    folded = " ".join(fold(word) for word in _WORDS.findall(text))
    return bool(_SHORTENED.search(folded) or _ASIDE.search(text))
