"""What would change from one revision, or from the servers, to the data; and its guards."""
