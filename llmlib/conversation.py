"""From the messages of a conversation to the ids that a model reads, in the chat format of its tokenizer.

What a message says stays text, whatever it says: a special token whose name is typed in a message is not that
token. It does not run the model, and it does not cut what is too long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmlib.scratch.sft import CHAT_TEMPLATE
from llmlib.tokens import well_formed

ROLES = ("system", "user", "assistant")
GUARD = "\ue000"  # a private character that parts typed names of special tokens while the template is applied


def chat_ids(tokenizer: object, messages: Sequence[dict], name: str) -> list[int]:
    """Ids of [{"role", "content"}, …] up to the assistant's turn; `name` is the model's, for messages.

    A tokenizer without a format gets the course's (`llmlib.scratch.sft`), if its vocabulary has the marks.
    Raises ValueError for a role that is none, and where there is no format.
    """
    marks = sorted({*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}, key=len, reverse=True)
    form = None if tokenizer.chat_template else CHAT_TEMPLATE
    if form and "<|im_start|>" not in marks:
        raise ValueError(f"{name} não tem formato de conversa nem os tokens que o marcam.")
    names = re.compile("|".join(map(re.escape, marks)) or "(?!)")
    safe = []
    for message in messages:
        if message["role"] not in ROLES:
            raise ValueError(f"Uma mensagem é de system, user ou assistant; veio {message['role']}.")
        said = well_formed(str(message["content"])).replace(GUARD, "")
        parted = names.sub(lambda found: f"{found[0][0]}{GUARD}{found[0][1:]}", said)
        safe.append({"role": message["role"], "content": parted})
    text = tokenizer.apply_chat_template(safe, tokenize=False, add_generation_prompt=True, chat_template=form)
    ids: list[int] = []
    for piece in re.split(f"({names.pattern})", text):
        if names.fullmatch(piece):
            ids.append(tokenizer.convert_tokens_to_ids(piece))
        else:
            plain = piece.replace(GUARD, "")
            ids += tokenizer.encode(plain, add_special_tokens=False, split_special_tokens=True, verbose=False)
    return ids
