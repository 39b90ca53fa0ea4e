"""The way to servers: held, looked at, changed host after host, proven, recorded.

`run` is the whole of it, `hosts` the change of one after another; `engine` drives pyinfra, with
`observer` and `asking` at its sides.
"""
