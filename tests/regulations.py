"""The regulation that tests cite where their own data names none: that of the shipped data."""

from pathlib import Path

from hopthu.validate import regulation_of

THANH_HOA = regulation_of(Path(__file__).parents[1])
