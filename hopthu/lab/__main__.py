"""`python -m hopthu.lab`: the lab's commands without the rest of hopthu."""

import sys

from hopthu.errors import HopthuError
from hopthu.lab.cli import lab

try:
    lab(prog_name="hopthu lab")
except HopthuError as error:
    sys.exit(f"error: {error}")
