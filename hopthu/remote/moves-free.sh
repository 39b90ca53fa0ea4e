#!/bin/bash
# shellcheck disable=SC2154
# Print the free and the total space for mail: `free BYTES BYTES`. Appended to moves.sh.

say "free $(df --block-size=1 --output=avail,size "$mail" | tail -n 1)"
