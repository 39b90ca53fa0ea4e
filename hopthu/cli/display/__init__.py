"""How the events of a run are shown, on standard error: the result alone goes to standard output.

A face shows events: on a terminal as one line that rewrites itself, elsewhere as plain lines, or as
JSON. `stream.Stream` passes the events of a run to the face that was chosen.
"""
