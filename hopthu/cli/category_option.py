"""The option that names a category of officials."""

from __future__ import annotations

from typing import Any, get_args

import click

from hopthu.model.organisation import Category
from hopthu.personnel.categories import NOT_ENTITLED, category_of


class CategoryChoice(click.Choice[str]):
    """One of the categories, by its key or by its Vietnamese name: `cán bộ`, `công chức`."""

    def __init__(self) -> None:
        """Choose among all categories."""
        super().__init__(get_args(Category))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the key; raise `click.BadParameter` if it is none of them."""
        named = category_of(value) if isinstance(value, str) else None
        return super().convert(value if named in (None, NOT_ENTITLED) else named, param, ctx)
