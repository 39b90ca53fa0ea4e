"""What a server is and was not made by an apply: asked, compared, told, and what of it is new."""
