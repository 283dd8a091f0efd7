"""What the generated corpus holds, measured from its shards: `python -m builders.corpus.report`.

`syllables` counts syllables, `measure` reads the shards and counts, `page` writes the Portuguese tables.
A folder of its own: the corpus depends on `builders/corpus/*.py` (see its manifest), not on this report.
"""
