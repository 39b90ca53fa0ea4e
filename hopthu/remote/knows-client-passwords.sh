#!/bin/bash
# Print `known` if the directory of this host has the attribute of client passwords:
# knows-client-passwords.sh SUFFIX, run by root. A replica that does not would stop following the
# provider at the first one.
set -euo pipefail

ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
    -b cn=Subschema -s base attributeTypes | sed -n "s/.* NAME 'hopthuClientPassword' .*/known/p"
