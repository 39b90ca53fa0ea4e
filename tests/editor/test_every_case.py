"""An editor with yaml-language-server on the data of every case."""

from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from hopthu.schema.json_schema import json_schema
from hopthu.schema.modeline import modeline
from hopthu.source import document, files
from hopthu.source.files import KINDS
from language_server import LanguageServer
from regulations import THANH_HOA
from rule_pages import every_case

# What the server reads otherwise than hopthu, and so marks nothing.
YAML = {
    "data/people/shape/a-comma-in-a-title-on-one-line.yaml": "to it a lone word is no property",
    "data/policy/shape/words-that-yaml-takes-for-others.yaml": "it reads 010 as a number",
}


@pytest.mark.editor
def test_it_says_the_same_as_json_schema_of_every_case(
    editor: LanguageServer, tmp_path: Path
) -> None:
    """So what tests/unit/test_json_schema.py says of JSON Schema holds for editors.

    A file that is no plain YAML is another matter.
    """
    validators = {kind: Draft7Validator(json_schema(kind, THANH_HOA)) for kind in KINDS}
    seen: dict[tuple[str, bytes], str] = {}
    for case in every_case():
        found, _ = files.listing(case.lay(tmp_path / str(case)))
        for kind, paths in found.items():
            for path in filter(Path.is_file, paths):
                seen.setdefault((kind, files.normal(path.read_bytes())), str(case))
    texts: dict[str, str] = {}
    valid: dict[str, bool] = {}
    for (kind, raw), case_name in seen.items():
        value, problems = document.read(raw, "")
        if value and not problems:
            name = f"data/{kind}/{case_name}.yaml"
            texts[name] = f"{modeline(name)}\n{raw.decode()}"
            valid[name] = validators[kind].is_valid(value)
    marked = editor.open_all(texts)
    differing = {name for name in texts if valid[name] == bool(marked[name])}
    assert differing == YAML.keys()
