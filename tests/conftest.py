"""Options shared by all tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the golden and the lab tests."""
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden/expected anew"
    )
    parser.addoption(
        "--require-lab", action="store_true", help="fail, instead of skip, when no lab can be had"
    )
