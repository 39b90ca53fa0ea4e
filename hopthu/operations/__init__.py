"""pyinfra operations of our own: what pyinfra's cannot do safely for a mail server."""
