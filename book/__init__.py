"""How the book is built: the Sphinx extension and theme, execution, notebooks, server. Not part of the library."""
