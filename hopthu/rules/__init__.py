"""The rules of the regulation, one module a theme; `registry` gathers them."""
