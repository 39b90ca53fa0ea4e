"""LDAP entries, LDIF, and passwords, which are stored only in the directory."""
