#!/bin/bash
# Print what a host is to be compared with after an apply: merge-baseline.sh OLD BEGIN END
#
# OLD is the baseline of the host's last record (a path that is not there: this is its first), BEGIN
# and END what baseline.sh printed before and after the apply. Only what changed in between is taken
# over: an account that somebody made before the apply is not there by our doing, and must go on
# being told. Sorted lines in, sorted lines out.
set -euo pipefail
export LC_ALL=C

if [ ! -e "$1" ]; then exec cat "$3"; fi
awk -F '\t' '
    FILENAME == ARGV[1] { old[$0] = $1; next }
    FILENAME == ARGV[2] { begin[$0] = $1; next }
    { end[$0] = $1 }
    END {
        for (line in begin) if (!(line in end)) touched[begin[line]]
        for (line in end) if (!(line in begin)) touched[end[line]]
        for (line in old) if (!(old[line] in touched)) print line
        for (line in end) if (end[line] in touched) print line
    }' "$1" "$2" "$3" | sort
