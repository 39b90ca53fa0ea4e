#!/bin/bash
# List a person's client passwords, as `MOMENT LABEL`, one a line, without their hashes:
# client-passwords.sh SUFFIX PERSON, run by root on a host with a directory. The label is
# percent-encoded, as the directory has it.
set -euo pipefail

ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
    -b "uid=$2,ou=people,$1" -s base hopthuClientPassword |
    sed -n 's/^hopthuClientPassword: [0-9a-f]* //p'
