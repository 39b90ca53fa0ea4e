"""The organisation and its policy as frozen records; the rules of dates, names and numbers."""
