"""What is deployed: records on the hosts, the journal on the provider, and who did it."""
