"""What things are called: ids, names, addresses, numbers of documents, domains."""
