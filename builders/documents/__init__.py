"""The bundled collections of documents: a fictional town, with questions whose truth is known, and abstracts.

Built from tables of facts, so that every answer, span and relevance grade follows from the tables and none is
judged by hand. `python -m builders.documents` writes `data/documents/`; it trains nothing.
"""
