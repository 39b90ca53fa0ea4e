#!/bin/bash
# Print what a host is to be compared with after an apply: merge-baseline.sh OLD BEGIN END
#
# OLD is the baseline of the host's last record (a path that is not there: this is its first), BEGIN
# and END what baseline.sh printed before and after the apply. Only what changed in between is taken
# over: an account that somebody made before the apply is not there by our doing, and must go on
# being told. Managed files and rights in unit mailboxes are the exception: the apply has looked at
# each, so they are as it wants them; and if the text of a file is new so is its index. Sorted lines
# in, sorted lines out.
set -euo pipefail
export LC_ALL=C

if [ ! -e "$1" ]; then exec cat "$3"; fi
awk -F '\t' '
    function text_of(name) {
        sub(/^index /, "file ", name)
        sub(/\.lmdb$/, "", name)
        sub(/\.svbin$/, ".sieve", name)
        return name
    }
    FILENAME == ARGV[1] { old[$0] = $1; next }
    FILENAME == ARGV[2] { begin[$0] = $1; next }
    { end[$0] = $1 }
    END {
        for (line in begin) if (!(line in end)) taken[begin[line]]
        for (line in end) if (!(line in begin)) taken[end[line]]
        for (line in old) if (old[line] ~ /^(access|file) / && !(line in end)) taken[old[line]]
        for (line in end) if (end[line] ~ /^(access|file) / && !(line in old)) taken[end[line]]
        for (line in end)
            if (end[line] ~ /^index / && text_of(end[line]) in taken) taken[end[line]]
        for (line in old) if (!(old[line] in taken)) print line
        for (line in end) if (end[line] in taken) print line
    }' "$1" "$2" "$3" | sort
