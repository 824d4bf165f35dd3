"""What a user can ask for beside completion: one file a command in ``catalogue/``."""
