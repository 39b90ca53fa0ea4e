"""pyinfra deploys: how a daemon gets on a host, and the steps that only some have."""
