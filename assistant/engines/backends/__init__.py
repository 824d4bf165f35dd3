"""One file a backend: how one kind of model server is started. A new one is found by being here."""
