"""How the book is built: Sphinx extension and theme, execution, notebooks, server. Not in the library."""
