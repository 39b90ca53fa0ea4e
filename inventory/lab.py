"""The lab that is up, whatever its layout: `hopthu apply lab`.

Reading this file moves the process into the lab's network, so whatever it connects to afterwards
is the lab or nothing. Groups are roles; a host has the same data in each.
"""

from hopthu.lab import inventory

_lab = inventory.joined()
_groups = inventory.groups(_lab)

# A group for each role.
globals().update(_groups)

# Hosts that are not ours, to probe from: read by `hopthu verify`, hidden from pyinfra.
_vantages = inventory.vantages(_lab)

# Nobody's mail is here: `hopthu verify` may stop and freeze services.
_throwaway = True
