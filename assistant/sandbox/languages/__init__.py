"""One file a language; see :mod:`assistant.sandbox.language`."""
