"""Citations and references as Portuguese writes them: (Vaswani et al., 2017), "e" between two authors."""

from __future__ import annotations

from dataclasses import dataclass, field

import pybtex.plugin
import sphinxcontrib.bibtex.plugin
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.formatting.unsrt import date, pages
from pybtex.style.template import field as entry_field
from pybtex.style.template import first_of, href, join, names, optional, optional_field, sentence, tag, words
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def round_brackets() -> BracketStyle:
    return BracketStyle(left="(", right=")", sep="; ")


def people() -> PersonStyle:
    return PersonStyle(sep2=" e ", last_sep=" e ")


@dataclass
class AuthorYear(AuthorYearReferenceStyle):
    bracket_parenthetical: BracketStyle = field(default_factory=round_brackets)
    bracket_textual: BracketStyle = field(default_factory=round_brackets)
    bracket_author: BracketStyle = field(default_factory=round_brackets)
    bracket_label: BracketStyle = field(default_factory=round_brackets)
    bracket_year: BracketStyle = field(default_factory=round_brackets)
    person: PersonStyle = field(default_factory=people)


class Portuguese(Unsorted):
    """pybtex's plain style, in order of author, its English words replaced and titles left as they are."""

    default_sorting_style = "author_year_title"

    def format_names(self, role, as_sentence=True):
        formatted = names(role, sep=", ", sep2=" e ", last_sep=" e ")
        return sentence[formatted] if as_sentence else formatted

    def format_title(self, e, which_field, as_sentence=True):
        title = entry_field(which_field)
        return sentence[title] if as_sentence else title

    def get_inproceedings_template(self, e):
        where = sentence[tag("em")[entry_field("booktitle")], optional[words["p.", pages]]]
        return toplevel[
            sentence[self.format_names("author")],
            self.format_title(e, "title"),
            words["Em", where, sentence[optional_field("publisher"), date]],
            sentence[optional_field("note")],
            self.format_web_refs(e),
        ]

    def get_techreport_template(self, e):
        kind = words[first_of[optional_field("type"), "Relatório técnico"], optional_field("number")]
        return toplevel[
            sentence[self.format_names("author")],
            self.format_title(e, "title"),
            sentence[kind, entry_field("institution"), date],
            sentence[optional_field("note")],
            self.format_web_refs(e),
        ]

    def format_url(self, e):
        url = entry_field("url", raw=True)
        return href(url)[url]

    def format_web_refs(self, e):
        # A DOI or arXiv number already is an address: the bare URL is for entries that have neither.
        url = self.format_url(e) if not {"doi", "eprint"} & set(e.fields) else words[()]
        seen = optional[" (acesso em ", entry_field("urldate"), ")"]
        return sentence[
            optional[join[url, seen]], optional[self.format_eprint(e)], optional[self.format_doi(e)]
        ]


def setup(app) -> None:
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "portugues", AuthorYear
    )
    pybtex.plugin.register_plugin("pybtex.style.formatting", "portugues", Portuguese)
