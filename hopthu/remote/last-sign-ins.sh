#!/bin/bash
# Print, of everybody who may sign in and has a password, the id, since when this host keeps dates of
# their sign-ins (the last change of the entry), and the last sign-in here, if there was one since:
# last-sign-ins.sh SUFFIX, run by root on an access host. No hash is read. Whoever has a client
# password is left out: those sign in by a search, which leaves no date.
set -euo pipefail

ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// -b "ou=people,$1" \
    '(&(hopthuState=active)(userPassword=*)(!(hopthuClientPassword=*)))' uid modifyTimestamp authTimestamp |
    awk '
        /^uid: / { id = $2 }
        /^modifyTimestamp: / { since = $2 }
        /^authTimestamp: / { last = $2 }
        /^$/ && id { print id, since, last; id = since = last = "" }
    '
