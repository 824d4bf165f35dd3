"""Test frameworks, one file each."""
