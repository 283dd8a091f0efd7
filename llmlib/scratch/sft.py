"""From conversations to training rows: how a model that continues texts is taught to answer.

To a language model a conversation is one more text, written in a format: each turn between two special
tokens, with the name of who speaks. Supervised fine-tuning (SFT) goes on predicting the next token, as in
pre-training; only two things change. The rows are conversations, and **the loss counts the answers alone**:
the model is not taught to write the reader's questions, only to reply to them and to stop.

    tokens   <|im_start|> user ⏎ Oi! <|im_end|> ⏎ <|im_start|> assistant ⏎ Olá ! <|im_end|> ⏎
    weight         0        0  0  0      0      0       0          0     0  1  1     1      0

A weight belongs to the token that is predicted. The end mark weighs 1 too: without it the model would never
learn to stop. This file makes ids and weights; the loop that reads them is `train.py`, unchanged.

Source: Ouyang et al., 2022, https://arxiv.org/abs/2203.02155; the format is ChatML.
Legend: a message is {"role": "system" | "user" | "assistant", "content": text}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

# The format, in Jinja, as it travels inside the tokenizer. What stands between {% generation %} and
# {% endgeneration %} is what the assistant writes: other tools find there what our weights say.
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}"
    "{{ message['content'] + '<|im_end|>\n' }}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# The same, but an answer begins with a space. A byte-level tokenizer has one token for " Paris" in running
# text and others for "Paris" after a line break; with the space, a small model answers with the tokens that
# it has just read in the question. Readers of the answer strip it.
SPACED_TEMPLATE = CHAT_TEMPLATE.replace(
    "{% generation %}{{ message['content'] +", "{% generation %}{{ ' ' + message['content'] | trim +"
)
Example = tuple[list[int], list[int]]  # ids and loss weights, equally long


def answers(tokenizer: object, messages: Sequence[dict]) -> list[tuple[int, int]]:
    """Where the assistant's turns stand in the formatted text: character spans [start, end).

    Works for any template that only adds to the text as messages are added. For each assistant turn, the
    text up to the invitation to speak is formatted, and then the text with the turn: the difference is it.
    """

    def written(upto: int, invite: bool = False) -> str:
        return tokenizer.apply_chat_template(
            list(messages[:upto]), tokenize=False, add_generation_prompt=invite
        )

    spans = []
    for i, message in enumerate(messages):
        if message["role"] == "assistant":
            before, after = written(i, invite=True), written(i + 1).rstrip("\n")
            if not after.startswith(before):
                raise ValueError("O formato de conversa muda o começo do texto quando a conversa cresce.")
            spans.append((len(before), len(after)))
    return spans


def encode(tokenizer: object, messages: Sequence[dict]) -> Example:
    """Ids of a conversation in the tokenizer's chat format, and the loss weight of each: 1 in an answer.

    `tokenizer`: a fast tokenizer of transformers with a chat template.
    """
    if not messages or messages[-1]["role"] != "assistant":
        raise ValueError(
            "A última mensagem precisa ser do assistente: é ela que o modelo aprende a escrever."
        )
    text = tokenizer.apply_chat_template(list(messages), tokenize=False)
    spans = answers(tokenizer, messages)
    tokens = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    weights = [int(any(start <= a and b <= end for start, end in spans)) for a, b in tokens["offset_mapping"]]
    return tokens["input_ids"], weights


def pack(examples: Iterable[Example], length: int, pad: int) -> Iterator[Example]:
    """Rows of exactly `length` tokens, several conversations in each, whole and one after the other.

    Nothing of a conversation is lost or cut; one that is longer than a row is left out. A conversation that
    does not fit any more opens the next row, and what is left of a row is filled with `pad`, which weighs
    nothing. Each conversation begins with the beginning-of-text token, after which the model has learned in
    pre-training to expect something new; and no weight ever falls on the first token of a conversation, so
    that nothing is learned about which one follows which.
    """
    ids: list[int] = []
    weights: list[int] = []
    for more, its_weights in examples:
        if len(more) > length:
            continue
        if len(ids) + len(more) > length:
            yield _filled(ids, weights, length, pad)
            ids, weights = [], []
        ids, weights = ids + more, weights + its_weights
    if ids:
        yield _filled(ids, weights, length, pad)


def _filled(ids: list[int], weights: list[int], length: int, pad: int) -> Example:
    missing = length - len(ids)
    return ids + [pad] * missing, weights + [0] * missing


def shares(weights: Sequence[int], total: int = 64, most: int = 8, lead: int = 2) -> list[int]:
    """Weights by which short answers are not drowned by long ones: `total` shared by an answer's tokens.

    In a row of mixed conversations a story has 200 tokens and "Paris." has 3, so almost all of the loss
    would be about stories. No token weighs more than `most`, nor less than 1. Then the first two tokens of
    an answer weigh `lead` times as much: they decide what is answered, and the rest mostly follows.

    >>> shares([0, 1, 1, 1, 0])
    [0, 16, 16, 8, 0]
    >>> shares([1] * 16 + [0] + [1] * 200)[14:19]
    [4, 4, 0, 2, 2]
    """
    scaled, start = list(weights), 0
    while start < len(weights):
        end = start
        while end < len(weights) and weights[end]:
            end += 1
        for i in range(start, end):
            scaled[i] = max(1, min(most, total // (end - start))) * (lead if i < start + 2 else 1)
        start = end + 1
    return scaled


def tensors(rows: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Packed rows as the loop wants them: ids (rows, length) int64, weights (rows, length) float32."""
    ids = torch.tensor([ids for ids, _ in rows], dtype=torch.int64)
    return ids, torch.tensor([weights for _, weights in rows], dtype=torch.float32)
