"""Tests in a project's own framework: what is common to languages, and one file a framework."""
