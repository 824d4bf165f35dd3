"""What is explained, and what of it is shown where the window has no room for all."""
