"""The language server: thin functions, one for each verb of the protocol.

:mod:`lsp.server` wires them together, :mod:`lsp.session` holds what one client's connection
needs, everything about completing code is in :mod:`assistant`.
"""
