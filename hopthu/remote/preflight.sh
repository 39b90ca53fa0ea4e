#!/bin/bash
# Print the facts that are checked before anything is changed anywhere, as lines `key=value`.
#
# `from` is the address that this run comes from, as this host sees it; none if from the host itself.
#
# usage: bash preflight.sh PACKAGE...
set -uo pipefail
state=${HOPTHU_STATE:-/var/lib/hopthu}

# shellcheck source=/dev/null
. /etc/os-release
echo "clock=$(date +%s.%N)"
read -r client _ server _ <<<"$SSH_CONNECTION"
[ "$client" = "$server" ] || echo "from=$client"
echo "os=${ID:-} ${VERSION_ID:-}"
for place in / /var /tmp; do
    df --output=avail,iavail -B 1 "$place" | tail -n 1 | {
        read -r bytes inodes
        echo "free=$place $bytes $inodes"
    }
done
dpkg-query -W -f 'package=${Package} ${Version} ${db:Status-Abbrev}\n' "$@" 2>/dev/null
dpkg --audit | grep -q . && echo "dpkg=broken"
[ ! -d "$state/managed" ] || echo serving=yes
[ ! -e "$state/applying" ] || echo "applying=$(base64 -w 0 "$state/applying")"
[ ! -e "$state/deployed/record.json" ] || echo "deployed=$(base64 -w 0 "$state/deployed/record.json")"
echo complete=yes
