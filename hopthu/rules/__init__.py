"""The rule book: one module per theme; `book` gathers them."""
