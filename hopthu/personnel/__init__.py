"""A personnel list: read, and reviewed in a workbook."""
