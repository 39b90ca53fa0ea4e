"""Cerberus with the rules that it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from cerberus import TypeDefinition, Validator, errors

from hopthu.schema.formats import FORMS
from hopthu.schema.messages import counted
from hopthu.source.values import Value

# A code Cerberus leaves free; bit 0x80 would make it a group of errors.
_FORM = errors.ErrorDefinition(0x4F, "form")


class Shape(Validator):  # type: ignore[misc]  # Cerberus has no types
    """Cerberus with the rule `form` of `hopthu.schema.formats`; letters are counted with marks.

    Beside the values of `allowed`, those of the form `or_form` are valid.

    A boolean is not an integer here, unlike in Python.
    """

    types_mapping: ClassVar = {
        **Validator.types_mapping,
        "integer": TypeDefinition("integer", (int,), (bool,)),
    }

    def _error(self, *found: Any) -> None:
        """Store an error; Cerberus would sort all errors into trees, which are not needed."""
        field, definition, *info = found
        path = (*self.document_path, field)
        unknown = definition.code == errors.UNKNOWN_FIELD.code
        rule = definition.rule
        steps = self.schema_path if unknown or rule is None else (*self.schema_path, field, rule)
        constraint = None if rule is None else self.schema[field].get(rule)
        value = self.document.get(field)
        error = errors.ValidationError(
            path, steps, definition.code, rule, constraint, value, tuple(info)
        )
        self._errors.append(error)

    def _validate_form(self, form: str, field: str, value: Value) -> None:
        """{'type': 'string'}"""  # noqa: D400 - Cerberus reads it: the type of the constraint
        if isinstance(value, str) and FORMS[form](value):
            self._error(field, _FORM)

    def _validate_or_form(self, form: str, field: str, value: Value) -> None:
        """{'type': 'string'}"""  # noqa: D400 - as above; `allowed` looks at it

    def _validate_allowed(self, allowed: Sequence[Value], field: str, value: Value) -> None:
        """{'type': 'list'}"""  # noqa: D400 - as above
        form = self.schema[field].get("or_form")
        fits = form and isinstance(value, str) and FORMS[form](value) is None
        if value not in allowed and not fits:
            self._error(field, errors.UNALLOWED_VALUE, value)

    def _validate_maxlength(self, most: int, field: str, value: Value) -> None:
        """{'type': 'integer'}"""  # noqa: D400 - as above
        if counted(value) > most:
            self._error(field, errors.MAX_LENGTH)
