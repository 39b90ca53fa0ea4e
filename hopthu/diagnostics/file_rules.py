"""Rules about the files themselves: they are readable and unambiguous.

`load` finds violations while it reads.
"""

from __future__ import annotations

from hopthu.diagnostics.rule import Rule

# Art. 5.2: changes reach the operator in writing, which must be readable.
FILE = Rule(
    "file-readable",
    "Art. 5.2",
    "records are read from data/<name>.yaml or a folder of such files: UTF-8 text without hidden "
    "characters, so that what is reviewed is what is read",
)
SYNTAX = Rule(
    "yaml-syntax",
    "Art. 5.2",
    "files are plain YAML: anchors, aliases, merges and tags make one say what its lines do not "
    "show, and what is not YAML cannot be read at all",
)
DUPLICATE_KEY = Rule(
    "duplicate-key",
    "Art. 5.2",
    "of two values for one key only one can be meant, and YAML does not say which",
)
RULES = (FILE, SYNTAX, DUPLICATE_KEY)
