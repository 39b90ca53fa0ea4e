"""schemas/json/, made from the schemas beside it and their Vietnamese.

`python -m hopthu.docs.json_schema` writes it; a test fails while it is not current. Run
`python -m hopthu.docs.messages` first: the texts are taken from its catalogue.
"""

from __future__ import annotations

from hopthu.schema.json_schema import files
from hopthu.tool.resources import resource
from hopthu.validate import regulation_of

if __name__ == "__main__":
    for name, text in files(regulation_of(resource(""))).items():
        path = resource(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
