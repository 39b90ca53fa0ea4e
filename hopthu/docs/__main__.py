"""Write every file that is made from code; a test fails while one of them is not current."""

from __future__ import annotations

from hopthu.docs import (
    daemons,
    data,
    glossary,
    json_schema,
    messages,
    pictures,
    regulation,
    tables,
)

# Messages come first: the others take their Vietnamese from that catalogue.
GENERATORS = (
    messages.files,
    json_schema.files,
    data.files,
    regulation.files,
    glossary.files,
    daemons.files,
    tables.files,
    pictures.files,
)


def main() -> None:
    """Write each file."""
    for files in GENERATORS:
        for path, text in files().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
