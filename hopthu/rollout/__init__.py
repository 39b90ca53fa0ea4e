"""The way to servers: held, looked at, changed host after host, proven, recorded.

`run` is the whole of it; `engine` is the only module that touches pyinfra's.
"""
