"""The process that runs pyinfra: the one that holds leases, terminal and prompts drives it."""
