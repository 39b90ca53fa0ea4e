#!/bin/bash
# Print the number of people who may sign in but have no password yet. No name or hash leaves the host.
set -euo pipefail

suffix=$(sed -nE 's/^suffix[[:space:]]+"?([^"]+)"?$/\1/p' /etc/ldap/slapd.conf | head -n 1)
ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
    -b "ou=people,$suffix" '(&(hopthuState=active)(!(userPassword=*)))' 1.1 |
    awk '/^dn:/ { number++ } END { print number + 0 }'
