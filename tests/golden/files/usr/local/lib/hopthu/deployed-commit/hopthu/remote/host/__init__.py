"""What runs on hosts: functions of the standard library alone, which take and return JSON.

The operator's machine calls them by `hopthu.ssh.OnHost`, which sends this folder along: nothing is
installed on a host. Any function of these modules can be called; `main.py` says how.
"""
