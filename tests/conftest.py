"""Options shared by all tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--require-lab`: in CI a lab test that cannot run is a failure, not a skip."""
    parser.addoption(
        "--require-lab", action="store_true", help="fail, instead of skip, when no lab can be had"
    )
