"""Syllables of Portuguese words and the Flesch index adapted to Portuguese.

Spelling decides, so words spelled as no Portuguese word is (foreign names) are only approximate.
Packages on hand have no Portuguese coefficients (textstat) or only hyphenation points (pyphen), which miss
syllables of one letter.
"""

import re

_NUCLEI = re.compile(r"ão|ãe|õe|[aeoáéóâêôãõà]|[iuíúîûü]+|y")
_SILENT_U = re.compile(r"(?<=[qg])u(?=[eiéêí])|(?<=q)u(?=[aoáâ])|(?<=g)u(?=[aáâ])")
_APART = re.compile(r"nh|[mnlrz](?![aeiouáéíóúâêôãõh])")  # "rainha", "ainda", "raiz", "ruim"
_STRONG, _ACCENTED = "aeoáéóâêôãõà", "áéíóúâêôãõ"
_FINAL_HIATUS = re.compile(r"[^aeiouáéíóúâêôãõ][iu][aeo]s?$")


def syllables(word: str) -> int:
    """Number of syllables of one word, at least 1: "água" 2, "saúde" 3, "alegria" 4, "história" 3."""
    word = word.lower()
    hiatus = bool(_FINAL_HIATUS.search(word)) and not any(c in _ACCENTED for c in word)
    plain = _SILENT_U.sub("", word)
    count = 0
    for match in _NUCLEI.finditer(plain):
        nucleus, start, end = match.group(), match.start(), match.end()
        if nucleus[0] not in "iuíúîûü":
            count += 1
            continue
        before = plain[start - 1] in _STRONG if start else False
        after = plain[end] in _STRONG if end < len(plain) else False
        apart = bool(_APART.match(plain, end))
        if not (before or after):
            count += 1 + (apart and len(nucleus) > 1)  # "livro", "muito"; "juiz"
        elif nucleus in "íú" or (before and (apart or len(nucleus) > 1)):
            count += 1  # "saída", "ainda", "caiu"
        elif after and not before and not _glides(plain, start, end):
            count += 1  # "criança", "viagem"
    if hiatus and _glides(plain, *_last_weak(plain)):
        count += 1  # "dia", "rua", "alegria": stressed, since no other vowel has an accent
    return max(1, count)


def _last_weak(word: str) -> tuple[int, int]:
    start = max(word.rfind("i"), word.rfind("u"))
    return start, start + 1


def _glides(word: str, start: int, end: int) -> bool:
    """Is the weak vowel joined to the last vowel of the word, as in "história" or "água"?"""
    rest = word[end:].rstrip("s")
    return start > 0 and len(rest) == 1 and rest in "aeo"


def flesch(words: int, sentences: int, syllable_count: int) -> float:
    """Flesch index for Portuguese; higher is easier (75 to 100 very easy, 50 to 75 easy, 25 to 50 difficult).

    248.835 − 1.015 × words per sentence − 84.6 × syllables per word (Martins, Ghiraldelo, Nunes & Oliveira
    Jr., "Readability formulas applied to textbooks in Brazilian Portuguese", Notas do ICMSC-USP 28, 1996).
    """
    return 248.835 - 1.015 * words / sentences - 84.6 * syllable_count / words
