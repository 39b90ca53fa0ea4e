"""Messages and their translations; Vietnamese text."""
