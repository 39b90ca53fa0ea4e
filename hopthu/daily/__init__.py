"""Changes that dates in the deployed data bring about: on their day, by one applier."""
