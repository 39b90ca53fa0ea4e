"""Templates and the files made of them, byte for byte as deploys upload them."""
