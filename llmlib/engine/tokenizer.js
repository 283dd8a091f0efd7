// Byte-level BPE: text <-> token ids, equal to Hugging Face `tokenizers` for the tokenizers of this course.
// Does: split by one regex, merge by rank, decode bytes, show partial characters. Does not: train, normalise, pad.
"use strict";
{
  const LLM = (globalThis.LLM ??= {});

  // Words with one leading mark or space; single digits; punctuation; line breaks; spaces. Rust's \s is
  // White_Space, which is not JavaScript's \s.
  const SPLIT = /[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\p{White_Space}\p{L}\p{M}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

  // GPT-2's alphabet: each byte as one visible character.
  const ALPHABET = Array.from({ length: 256 }, (_, b) => b);
  const visible = (b) => (b > 32 && b < 127) || (b > 160 && b !== 173);
  let hidden = 256;
  const toChar = ALPHABET.map((b) => String.fromCharCode(visible(b) ? b : hidden++));
  const toByte = new Map(toChar.map((c, b) => [c, b]));
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  class Tokenizer {
    // data: {tokens: [string in the byte alphabet, by id], merges: ["a b", by rank], special: {text: id}}
    constructor({ tokens, merges, special }) {
      const id = new Map(tokens.map((t, i) => [t, i]));
      this.size = tokens.length;
      this.special = new Map(Object.entries(special));
      this.names = new Map(Object.entries(special).map(([text, i]) => [i, text]));
      this.byteId = toChar.map((c) => id.get(c));
      this.bytes = tokens.map((t, i) => this.names.has(i) ? [] : Array.from(t, (c) => toByte.get(c)));
      this.merged = []; // rank -> id of the joined token
      this.rank = new Map(merges.map((m, rank) => {
        const [a, b] = m.split(" ");
        this.merged.push(id.get(a + b));
        return [id.get(a) * this.size + id.get(b), rank];
      }));
      const names = Object.keys(special).sort((a, b) => b.length - a.length);
      const escaped = names.map((s) => s.replace(/[^\w\s]/g, "\\$&")).join("|");
      this.specials = RegExp(`(${escaped || "(?!)"})`);
      this.cache = new Map();
    }

    // text -> ids. A lone surrogate counts as U+FFFD, as TextEncoder has it.
    encode(text) {
      const ids = [];
      for (const part of text.split(this.specials)) {
        if (this.special.has(part)) ids.push(this.special.get(part));
        else for (const [word] of part.matchAll(SPLIT)) for (const id of this.word(word)) ids.push(id);
      }
      return ids;
    }

    // One word -> ids, joining the pair of lowest rank, leftmost first. Linked list and heap: n log n for long words.
    word(text) {
      const known = this.cache.get(text);
      if (known) return known;
      const ids = Array.from(new TextEncoder().encode(text), (b) => this.byteId[b]), n = ids.length;
      const next = ids.map((_, i) => i + 1), before = ids.map((_, i) => i - 1), heap = [];
      const rankAt = (i) => next[i] < n ? this.rank.get(ids[i] * this.size + ids[next[i]]) : undefined;
      const offer = (i) => { // heap of numbers: rank first, position second
        const rank = i < 0 ? undefined : rankAt(i);
        if (rank !== undefined) push(heap, rank * 2 ** 28 + i);
      };
      for (let i = 0; i < n; i++) offer(i);
      while (heap.length) {
        const top = pop(heap), i = top % 2 ** 28, id = this.merged[Math.floor(top / 2 ** 28)];
        if (ids[i] < 0 || this.merged[rankAt(i)] !== id) continue; // the pair is gone
        const gone = next[i];
        ids[i] = id;
        ids[gone] = -1;
        next[i] = next[gone];
        if (next[i] < n) before[next[i]] = i;
        offer(before[i]);
        offer(i);
      }
      const result = ids.filter((id) => id >= 0);
      if (n < 64) {
        if (this.cache.size > 1e4) this.cache.clear();
        this.cache.set(text, result);
      }
      return result;
    }

    // ids -> text without special tokens; broken UTF-8 becomes U+FFFD.
    decode(ids) {
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(ids.flatMap((id) => this.bytes[id])));
    }

    // One token as a reader sees it: bytes that are only part of a character appear as ⟨C3⟩.
    text(id) {
      const bytes = Uint8Array.from(this.bytes[id]);
      let out = this.names.get(id) ?? "";
      for (let i = 0; i < bytes.length;) {
        const n = bytes[i] < 0xc0 ? 1 : bytes[i] < 0xe0 ? 2 : bytes[i] < 0xf0 ? 3 : 4;
        try {
          out += strict.decode(bytes.subarray(i, i + n));
          i += n;
        } catch {
          out += `⟨${bytes[i++].toString(16).toUpperCase().padStart(2, "0")}⟩`;
        }
      }
      return out;
    }
  }

  // A binary heap of numbers, smallest first.
  function push(heap, value) {
    let i = heap.push(value) - 1;
    for (let up; i && heap[(up = (i - 1) >> 1)] > value; i = up) heap[i] = heap[up];
    heap[i] = value;
  }
  function pop(heap) {
    const top = heap[0], last = heap.pop();
    for (let i = 0, child; heap.length; i = child) {
      child = 2 * i + 1;
      if (heap[child + 1] < heap[child]) child++;
      if (!(heap[child] < last)) { heap[i] = last; break; }
      heap[i] = heap[child];
    }
    return top;
  }

  LLM.Tokenizer = Tokenizer;
}
