"""A repository, what is in it, and what of it a model should see."""
