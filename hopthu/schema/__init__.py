"""The shape of each record: the schemas of `schemas/`, and Cerberus to check them."""
