"""Fictional names, as often as real ones are: about 31 % Nguyễn, women mostly Thị.

The shares are rounded from what is commonly published on Vietnamese names; Thanh Hóa has more Lê
and Trịnh than the country. Nobody is meant: a name is drawn, part by part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from hopthu.i18n.vietnamese import fold, words
from hopthu.model.address_naming import stem

_Shares = dict[str, float]

_FAMILIES: _Shares = {
    "Nguyễn": 31, "Lê": 16, "Trần": 8, "Phạm": 7, "Hoàng": 5, "Trịnh": 5, "Bùi": 4, "Vũ": 3,
    "Đỗ": 3, "Hà": 2.5, "Trương": 2, "Mai": 2, "Lưu": 1, "Cao": 1, "Đặng": 1, "Ngô": 1,
    "Phan": 1, "Dương": 0.8, "Lương": 0.8, "Đinh": 0.6, "Hồ": 0.6, "Tống": 0.5, "Đào": 0.5,
    "Thiều": 0.4, "Quách": 0.4, "Lại": 0.3, "Viên": 0.2, "Chu": 0.2, "Mỵ": 0.1, "Khương": 0.1,
}  # fmt: skip
_HIGHLAND: _Shares = {"Lò": 3, "Vi": 3, "Cầm": 2, "Giàng": 2, "Hơ": 1, "Sùng": 1, "Thao": 1}
_MEN_MIDDLE: _Shares = {
    "Văn": 34, "Đức": 6, "Minh": 6, "Quang": 6, "Hữu": 5, "Ngọc": 4, "Xuân": 4, "Đình": 4,
    "Thanh": 4, "Công": 3, "Anh": 3, "Trọng": 3, "Tuấn": 3, "Mạnh": 3, "Duy": 3, "Bá": 2,
    "Huy": 2, "Khắc": 1, "Sỹ": 1, "Viết": 1, "Thế": 1, "Trung": 1,
}  # fmt: skip
_WOMEN_MIDDLE: _Shares = {
    "Thị": 42, "Thị Thu": 5, "Thị Thanh": 5, "Thị Hồng": 4, "Thị Ngọc": 3, "Thị Minh": 3,
    "Thị Kim": 2, "Thị Phương": 2, "Thị Bích": 2, "Thị Mai": 2, "Thị Thùy": 2, "Thu": 3,
    "Thanh": 2, "Ngọc": 2, "Hồng": 2, "Minh": 1, "Khánh": 1, "Quỳnh": 1,
    "Thị Hải": 2, "Thị Lan": 2, "Thị Diệu": 1, "Thị Bảo": 1, "Thị Vân": 2, "Thị Ánh": 1, "Hà": 1,
    "Thị Quỳnh": 2, "Thị Xuân": 1, "Thị Khánh": 1, "Bảo": 1, "Diệu": 1, "Kiều": 1, "Phương": 2,
}  # fmt: skip
_MEN: _Shares = {
    "Hùng": 5, "Dũng": 5, "Tuấn": 5, "Anh": 5, "Cường": 4, "Thắng": 4, "Minh": 4, "Sơn": 4,
    "Hải": 4, "Nam": 4, "Long": 3, "Hưng": 3, "Đức": 3, "Bình": 3, "Quân": 3, "Thành": 3,
    "Trung": 3, "Tùng": 3, "Hiếu": 3, "Tâm": 2, "An": 2, "Lâm": 2, "Phúc": 2, "Thịnh": 2,
    "Toàn": 2, "Việt": 2, "Vinh": 2, "Chung": 2, "Quyết": 1, "Lực": 1, "Tiến": 2, "Tú": 2,
    "Đạt": 2, "Khánh": 1, "Kiên": 1, "Ngọc": 1, "Phong": 1, "Quang": 1, "Thái": 1, "Định": 1,
    "Bảo": 1, "Bắc": 1, "Cảnh": 1, "Chiến": 1, "Công": 1, "Danh": 1, "Dương": 2, "Giáp": 1,
    "Hào": 1, "Hậu": 1, "Hiệp": 2, "Hòa": 2, "Hoàn": 1, "Hoàng": 2, "Huấn": 1, "Huy": 2,
    "Khang": 1, "Khoa": 1, "Khôi": 1, "Lộc": 1, "Luân": 1, "Lượng": 1, "Mạnh": 2, "Nghĩa": 2,
    "Nhân": 1, "Phú": 1, "Quý": 2, "Sang": 1, "Sáng": 1, "Tài": 1, "Tân": 1, "Thiện": 1,
    "Thông": 1, "Thuận": 1, "Trường": 2, "Trọng": 1, "Tuyên": 1, "Văn": 1, "Vũ": 1, "Vượng": 1,
}  # fmt: skip
_WOMEN: _Shares = {
    "Hương": 6, "Hà": 6, "Huyền": 5, "Lan": 5, "Hoa": 5, "Thủy": 5, "Hằng": 5, "Nga": 4,
    "Hạnh": 4, "Linh": 4, "Thảo": 4, "Trang": 4, "Dung": 4, "Hiền": 4, "Yến": 3, "Mai": 3,
    "Loan": 3, "Phương": 3, "Anh": 3, "Nhung": 3, "Liên": 3, "Ngọc": 3, "Tuyết": 2, "Vân": 2,
    "Thu": 2, "Bình": 2, "Oanh": 2, "Xuân": 2, "Tâm": 2, "Quỳnh": 2, "Ly": 1, "Chi": 1,
    "Giang": 1, "Duyên": 1, "Thơm": 1, "Lý": 1, "Hồng": 3, "Thúy": 3, "Hoài": 1, "Đào": 1,
    "Ánh": 2, "Cúc": 1, "Diễm": 1, "Diệp": 1, "Điệp": 1, "Gấm": 1, "Hải": 2, "Hảo": 1,
    "Hậu": 1, "Hòa": 2, "Huế": 2, "Huệ": 3, "Khuyên": 1, "Kiều": 1, "Lam": 1, "Lệ": 1,
    "Lương": 1, "Luyến": 1, "Minh": 1, "My": 1, "Mỹ": 1, "Năm": 1, "Nguyệt": 2, "Nhàn": 1,
    "Như": 1, "Ninh": 1, "Phượng": 3, "Quyên": 2, "Sen": 1, "Tám": 1, "Thanh": 3, "Thành": 1,
    "Thắm": 2, "Thìn": 1, "Thoa": 1, "Thư": 2, "Thương": 2, "Tình": 2, "Trà": 1, "Trâm": 1,
    "Trinh": 1, "Tươi": 1, "Uyên": 1, "Vinh": 1, "Vui": 1, "Xoan": 1, "Yên": 1, "Én": 1,
}  # fmt: skip
_HIGHLAND_MEN = ("Páo", "Dơ", "Chía", "Tủa", "Sếnh", "Lâu", "Pó", "Cháng", "Thiên", "Xuân")
_HIGHLAND_WOMEN = ("Pó", "Mỷ", "Dính", "Xia", "Mai", "Thơm", "Ngân", "Piêng", "Ón", "Inh")


def draw(random: Random, number: int, women: float) -> list[str]:
    """Return `number` names, of which about the share `women` are women's."""
    sexes = [random.random() < women for _ in range(number)]
    families = _some(random, _FAMILIES, number)
    middles = (_some(random, _MEN_MIDDLE, number), _some(random, _WOMEN_MIDDLE, number))
    given = (_some(random, _MEN, number), _some(random, _WOMEN, number))
    return [
        _highland(random, sex)
        if random.random() < 0.03
        else f"{families[n]} {middles[sex][n]} {given[sex][n]}"
        for n, sex in enumerate(sexes)
    ]


def _highland(random: Random, woman: bool) -> str:
    (family,) = _some(random, _HIGHLAND, 1)
    given = random.choice(_HIGHLAND_WOMEN if woman else _HIGHLAND_MEN)
    middle = "Thị" if woman else "A" if family in ("Giàng", "Hơ", "Sùng", "Thao") else "Văn"
    return f"{family} {middle} {given}"


def _some(random: Random, shares: _Shares, number: int) -> list[str]:
    return random.choices(list(shares), list(shares.values()), k=number)


class Registry:
    """Gives out ids and addresses: the second of a name is numbered 2 (Art. 4)."""

    def __init__(self, taken: Iterable[str]) -> None:
        """Keep clear of the addresses `taken`."""
        self._ids: dict[str, int] = defaultdict(int)
        self._stems: dict[str, int] = defaultdict(int, {fold(local): 1 for local in taken})
        self._known: dict[str, tuple[str, str]] = {}

    def register(self, name: str) -> tuple[str, str]:
        """Return a new id and a new address for `name`."""
        if name not in self._known:
            self._known[name] = "-".join(fold(word) for word in words(name)), stem(name)
        key, local = self._known[name]
        return self._numbered(self._ids, key, "-"), self._numbered(self._stems, local, "")

    def further(self, local: str, word: str) -> str:
        """Return one more address for who has `local`: it ends in a word, whose letters count."""
        return self._numbered(self._stems, f"{local}{word}", "").replace(local, f"{local}.", 1)

    @staticmethod
    def _numbered(given: dict[str, int], name: str, sign: str) -> str:
        given[name] += 1
        return name if given[name] == 1 else f"{name}{sign}{given[name]}"
