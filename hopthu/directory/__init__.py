"""LDAP entries, LDIF, the address book, and passwords, which are stored only in the directory."""
