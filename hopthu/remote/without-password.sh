#!/bin/bash
# Write how many people may sign in and have no password yet. No name and no hash leaves the host.
set -euo pipefail

suffix=$(sed -nE 's/^suffix[[:space:]]+"?([^"]+)"?$/\1/p' /etc/ldap/slapd.conf | head -n 1)
ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
    -b "ou=people,$suffix" '(&(hopthuState=active)(!(userPassword=*)))' 1.1 |
    awk '/^dn:/ { number++ } END { print number + 0 }'
