"""One file a command; each defines ``COMMAND``."""
