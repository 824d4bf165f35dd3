"""One file a language; a new one is found by being here."""
