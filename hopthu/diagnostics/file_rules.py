"""Rules about the files themselves: they are readable and unambiguous.

`load` finds violations while it reads.
"""

from __future__ import annotations

from hopthu.diagnostics.rule import Rule

# Art. 5.2: changes reach the operator in writing, which must be readable.
FILE = Rule(
    "file-readable",
    "Art. 5.2",
    "units, people and documents are read from data/<name>.yaml or a folder of such files",
)
ENCODING = Rule(
    "file-encoding",
    "Art. 5.2",
    "files are UTF-8 text without hidden characters, so that what is reviewed is what is read",
)
SYNTAX = Rule("yaml-syntax", "Art. 5.2", "a file that is not YAML cannot be read at all")
CONSTRUCT = Rule(
    "yaml-construct",
    "Art. 5.2",
    "anchors, aliases, merges and tags make a file say what its lines do not show",
)
DUPLICATE_KEY = Rule(
    "duplicate-key",
    "Art. 5.2",
    "of two values for one key only one can be meant, and YAML does not say which",
)
RULES = (FILE, ENCODING, SYNTAX, CONSTRUCT, DUPLICATE_KEY)
