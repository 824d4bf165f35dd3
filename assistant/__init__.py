"""A code assistant's backend that runs on its user's own machines."""

__version__ = "0.1.0"
