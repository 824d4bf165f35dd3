"""A conversation with the repository: mentions, commands, citations, kept on the disk."""
