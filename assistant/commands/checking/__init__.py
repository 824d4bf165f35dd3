"""What is tried on an answer before anybody sees it."""
