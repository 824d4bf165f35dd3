"""Finished runs as one HTML page that opens without a network."""
