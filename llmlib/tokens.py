"""Tokens as text: what a single token looks like, also when it holds only part of a character.

A byte-level token is a run of bytes, and a letter such as "ç" or an emoji may be cut between two tokens. The
bytes that are no valid UTF-8 by themselves are shown as ⟨C3⟩, so that nothing is hidden and nothing is lost.
It does not encode text (that is the tokenizer's work), and needs no library.
"""

import codecs
import re
from functools import cache


def well_formed(text: str) -> str:
    """`text` with lone surrogates, which are no characters and have no UTF-8, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _hexadecimal(error: UnicodeDecodeError) -> tuple[str, int]:
    return "".join(f"⟨{byte:02X}⟩" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("llmlib.hexadecimal", _hexadecimal)


def display(data: bytes) -> str:
    """The bytes of one token as text: b'\\xc3\\xa7' -> 'ç', b' caf\\xc3' -> ' caf⟨C3⟩'."""
    return data.decode("utf-8", "llmlib.hexadecimal")


@cache
def byte_alphabet() -> dict[str, int]:
    """GPT-2's alphabet: the printable character that stands for each byte in a byte-level vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


def token_bytes(token: str, byte_level: bool) -> bytes:
    """The bytes that a vocabulary entry stands for.

    Args:
        token: the entry as the tokenizer writes it: "ĠcafÃ©" in byte-level vocabularies, "▁café" and "<0xC3>"
            in SentencePiece's.
    """
    if byte_level:
        alphabet = byte_alphabet()
        return b"".join(bytes([alphabet[c]]) if c in alphabet else c.encode() for c in token)
    if single := re.fullmatch(r"<0x([0-9A-Fa-f]{2})>", token):
        return bytes.fromhex(single[1])
    return token.replace("▁", " ").encode()
