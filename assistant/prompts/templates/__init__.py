"""One file a model family; a new one is found by being here."""
