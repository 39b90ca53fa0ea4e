"""Put the files of an earlier run back on hosts."""
