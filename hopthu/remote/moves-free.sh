#!/bin/bash
# shellcheck disable=SC2154
# Say how much room there is for mail, and how much there is in all: `free BYTES BYTES`. Behind
# moves.sh.

say "free $(df --block-size=1 --output=avail,size "$mail" | tail -n 1)"
