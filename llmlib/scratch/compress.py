"""A model as a compressor: arithmetic coding of tokens with the probabilities that a model gives them.

Take the interval [0, 1). Share it out among the V tokens, each a slice as wide as its probability; keep the
slice of the token that came; share that out anew for the next token, and so on. A text ends up as one
narrow interval, and naming a number inside it takes about -log2(width) bits: the sum of the tokens'
surprises. The decoder asks the same model the same questions, sees whose slice the number falls into, and
gets the text back.

All of it in integers, so that nothing is lost to rounding (Witten, Neal & Cleary 1987, CACM 30(6), 520-540).
It makes no prediction: any function from the ids so far to probabilities (V,) will do, as long as it gives
exactly the same numbers both times. Not here: speed, or adaptive models beyond the small one at the end.

Legend: V vocabulary size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

BITS = 48  # the interval is [low, high] in integers of so many bits
HALF, QUARTER = 1 << (BITS - 1), 1 << (BITS - 2)
TOTAL = 1 << 24  # probabilities are rounded to this many parts; a token never has fewer than one

Predictor = Callable[[list[int]], np.ndarray]  # ids so far -> probabilities (V,) of the next one


def slices(probs: np.ndarray) -> np.ndarray:
    """Where each token's slice of 0 … TOTAL begins: integers (V + 1,), the last is TOTAL.

    No slice is empty: a token that the model holds for impossible can still be coded, in 24 bits.

    >>> slices(np.array([0.5, 0.25, 0.25])) / TOTAL
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    probs = np.asarray(probs, dtype=np.float64)  # (V,)
    if not np.isfinite(probs).all() or probs.min() < 0 or probs.sum() <= 0:
        raise ValueError("As probabilidades precisam ser números, nenhum negativo, e não todos zero.")
    parts = np.floor(probs / probs.sum() * (TOTAL - len(probs))).astype(np.int64) + 1  # (V,)
    parts[probs.argmax()] += TOTAL - parts.sum()  # what rounding left over
    return np.concatenate([[0], np.cumsum(parts)])  # (V + 1,)


class Encoder:
    """Narrows the interval token by token, and writes a bit as soon as it is settled."""

    def __init__(self) -> None:
        self.low, self.high = 0, (1 << BITS) - 1
        self.waiting = 0  # bits that will be the opposite of the next one
        self.bits: list[int] = []

    def narrow(self, start: int, end: int) -> None:
        """Keep the slice [start, end) of TOTAL."""
        width = self.high - self.low + 1
        self.low, self.high = self.low + width * start // TOTAL, self.low + width * end // TOTAL - 1
        while True:
            if self.high < HALF:  # all of it in the lower half: the next bit is 0
                self._write(0)
            elif self.low >= HALF:  # all of it in the upper half: 1
                self._write(1)
                self.low, self.high = self.low - HALF, self.high - HALF
            elif self.low >= QUARTER and self.high < HALF + QUARTER:  # around the middle: not settled yet
                self.waiting += 1
                self.low, self.high = self.low - QUARTER, self.high - QUARTER
            else:
                return
            self.low, self.high = 2 * self.low, 2 * self.high + 1

    def _write(self, bit: int) -> None:
        self.bits += [bit] + [1 - bit] * self.waiting
        self.waiting = 0

    def finish(self) -> bytes:
        """The shortest ending that lies inside the interval, as bytes."""
        if self.low or self.waiting:  # else 0 itself is inside
            self.waiting += 1
            self._write(0 if self.low < QUARTER else 1)
        while self.bits and self.bits[-1] == 0:  # the decoder reads zeros past the end
            self.bits.pop()
        padded = self.bits + [0] * (-len(self.bits) % 8)
        return np.packbits(np.array(padded, dtype=np.uint8)).tobytes()


class Decoder:
    """Follows the same interval, and tells in which slice the coded number lies."""

    def __init__(self, data: bytes) -> None:
        self.bits = iter(np.unpackbits(np.frombuffer(data, dtype=np.uint8)).tolist())
        self.low, self.high = 0, (1 << BITS) - 1
        self.value = 0
        for _ in range(BITS):
            self.value = 2 * self.value + next(self.bits, 0)

    def find(self, edges: np.ndarray) -> int:
        """The token whose slice holds the number; `edges` (V + 1,) as `slices` gives them."""
        width = self.high - self.low + 1
        place = ((self.value - self.low + 1) * TOTAL - 1) // width
        token = int(np.searchsorted(edges, place, side="right")) - 1
        self._narrow(int(edges[token]), int(edges[token + 1]))
        return token

    def _narrow(self, start: int, end: int) -> None:
        width = self.high - self.low + 1
        self.low, self.high = self.low + width * start // TOTAL, self.low + width * end // TOTAL - 1
        while True:
            if self.high < HALF:
                away = 0
            elif self.low >= HALF:
                away = HALF
            elif self.low >= QUARTER and self.high < HALF + QUARTER:
                away = QUARTER
            else:
                return
            self.low, self.high = 2 * (self.low - away), 2 * (self.high - away) + 1
            self.value = 2 * (self.value - away) + next(self.bits, 0)


def compress(ids: Sequence[int], predict: Predictor) -> bytes:
    """Ids as bytes: how many there are (7 bits a byte), then the coded number."""
    encoder, ids = Encoder(), [int(i) for i in ids]
    for at, token in enumerate(ids):
        edges = slices(predict(ids[:at]))  # (V + 1,)
        if not 0 <= token < len(edges) - 1:
            raise ValueError(f"O id {token} não existe: o vocabulário vai de 0 a {len(edges) - 2}.")
        encoder.narrow(int(edges[token]), int(edges[token + 1]))
    return _count(len(ids)) + encoder.finish()


def decompress(data: bytes, predict: Predictor) -> list[int]:
    """The ids that `compress` was given, if `predict` gives the same probabilities as it did then."""
    length, start = _read_count(data)
    decoder, ids = Decoder(data[start:]), []
    for _ in range(length):
        ids.append(decoder.find(slices(predict(ids))))
    return ids


def _count(number: int) -> bytes:
    """A number in 7 bits a byte, the lowest first; the eighth bit says that more follow."""
    out = bytearray()
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


def _read_count(data: bytes) -> tuple[int, int]:
    """The number at the start of `data`, and where it ends."""
    number = 0
    for at, byte in enumerate(data[:10]):
        number += (byte % 128) << (7 * at)
        if byte < 128:
            return number, at + 1
    raise ValueError("Estes bytes não vieram de compress: falta o começo, que diz quantos tokens há.")


def bits(ids: Sequence[int], predict: Predictor) -> np.ndarray:
    """What each token costs, -log2 p, before any rounding: (len(ids),) float64."""
    return np.array([-np.log2(predict(list(ids[:at]))[token]) for at, token in enumerate(ids)])


def documents(predict: Predictor, mark: int, context: int) -> Predictor:
    """`predict` for texts in a row, each ended by the id `mark`, however long they are.

    What comes before the last mark is forgotten. A text longer than `context` goes on from its last half.
    """
    half = (context - 1) // 2

    def forgetful(ids: list[int]) -> np.ndarray:
        start = next((at for at in range(len(ids), 0, -1) if ids[at - 1] == mark), 0)
        length = len(ids) - start
        if length > context - 1:
            start += (length // half - 1) * half
        return predict([mark, *ids[start:]])

    return forgetful


def predictor(lm: object) -> Predictor:
    """What a model of the course gives to every token, text after text.

    It reads only what is new since it was last asked, and asked the same questions in the same order it gives
    the same numbers to the last bit: what decoding needs.
    """
    from llmlib.scratch.sampling import softmax

    return documents(
        lambda ids: softmax(lm.next_logits(ids).astype(np.float64)), mark=lm.bos, context=lm.context
    )


def counting(size: int) -> Predictor:
    """The smallest model that learns while it reads: each of `size` ids, once more than it was seen."""
    return lambda ids: (np.bincount(np.asarray(ids, dtype=np.int64), minlength=size) + 1) / (len(ids) + size)
