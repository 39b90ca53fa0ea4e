"""The running lab, of any layout: `hopthu apply lab`.

Reading this file moves the process into the lab's network, so that it can only connect to the lab
afterwards. Groups are roles; a host has the same data in each.
"""

from hopthu.lab import inventory

_lab = inventory.joined()
_groups = inventory.groups(_lab)

# A group for each role.
globals().update(_groups)

# Hosts outside the centre, to probe from: read by `hopthu verify`, hidden from pyinfra.
_vantages = inventory.vantages(_lab)

# It has no real mail: `hopthu verify` may stop and freeze services.
_throwaway = True

# Its operator's host gets what an administrator gives it in production.
_after_apply = inventory.after_apply

# Programs that read this file again find the same lab.
_environment = inventory.environment(_lab)
