"""How questions reach the model: the plain template, the product, a language server."""
