"""desired + host + templates → the very files that deploys upload. Pure; no host is asked."""
