"""The shape of records: the schemas in `schemas/`, checked with Cerberus."""
