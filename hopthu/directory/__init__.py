"""LDAP entries, LDIF, and the passwords only the directory holds."""
