// Byte-level BPE: text <-> token ids, equal to Hugging Face `tokenizers` for the tokenizers of this course.
// Does: split by one regex, merge by rank, decode bytes, show parts of characters. Does not: train, normalise, pad.
globalThis.LLM ??= {};

// Words with a space or sign in front, single digits, signs, line breaks, spaces. Rust's \s is White_Space; JavaScript's is not.
const SPLIT = /[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\p{White_Space}\p{L}\p{M}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

// GPT-2's alphabet: every byte as a visible character.
let hidden = 256;
const LETTERS = Array.from({ length: 256 }, (_, b) =>
  String.fromCharCode((b > 32 && b < 127) || (b > 160 && b !== 173) ? b : hidden++));
const utf8 = (fatal) => new TextDecoder("utf-8", { fatal, ignoreBOM: true });
const [lenient, strict] = [utf8(false), utf8(true)];

LLM.Tokenizer = class {
  // tokens: strings in the byte alphabet, by id; merges: "a b", by rank; special: {text: id}; lstrip: those of them that
  // take the blanks before them along
  constructor({ tokens, merges, special, lstrip = [] }) {
    const id = new Map(tokens.map((token, i) => [token, i])), byte = new Map(LETTERS.map((c, b) => [c, b]));
    this.special = new Map(Object.entries(special));
    this.names = new Map(Array.from(this.special, ([text, i]) => [i, text]));
    const either = (names) => names.map((text) => text.replace(/\W/g, "\\$&")).join("|") || "(?!)";
    const blanks = lstrip.length ? `(?:(?:[^\\S\\uFEFF]|\\x85)*(?=${either(lstrip)}))?` : "";
    this.marks = RegExp(`${blanks}(${either(Object.keys(special))})`); // one group: what splits is the mark alone
    this.ofByte = LETTERS.map((c) => id.get(c));
    this.bytes = tokens.map((token, i) => Array.from(this.names.has(i) ? "" : token, (c) => byte.get(c)));
    const pairs = merges.map((merge) => merge.split(" "));
    this.merged = pairs.map(([a, b]) => id.get(a + b)); // rank -> id
    this.key = (a, b) => a * tokens.length + b;
    this.rank = new Map(pairs.map(([a, b], rank) => [this.key(id.get(a), id.get(b)), rank]));
  }

  // text -> ids; a lone surrogate counts as U+FFFD. With special = false, the name of a special token is plain text.
  encode(text, special = true) {
    return text.split(special ? this.marks : /(?!)/).flatMap((part) => (special ? this.special.get(part) : undefined) ??
      LLM.Tokenizer.split(part).flatMap((word) => this.word(word)));
  }

  // The words of a text, before any merge; joined, they are the text again.
  static split(text) { return text.match(SPLIT) ?? []; }

  // One word: joins the pair of lowest rank, leftmost first. A heap keeps long words at n log n.
  word(text) {
    const ids = Array.from(new TextEncoder().encode(text), (b) => this.ofByte[b]), heap = [];
    const next = ids.map((_, i) => i + 1), before = ids.map((_, i) => i - 1);
    const rankAt = (i) => this.rank.get(this.key(ids[i], ids[next[i]]));
    const offer = (i) => rankAt(i) >= 0 && push(heap, rankAt(i) * 2 ** 28 + i); // one number: rank, then position
    ids.forEach((_, i) => offer(i));
    while (heap.length) {
      const top = pop(heap), i = top % 2 ** 28, id = this.merged[Math.floor(top / 2 ** 28)];
      if (this.merged[rankAt(i)] !== id) continue; // one of the two is gone
      const gone = next[i];
      ids[i] = id;
      ids[gone] = undefined;
      before[next[i] = next[gone]] = i;
      offer(before[i]);
      offer(i);
    }
    return ids.filter((id) => id !== undefined);
  }

  // ids -> text without special tokens; broken UTF-8 becomes U+FFFD
  decode(ids) { return lenient.decode(Uint8Array.from(ids.flatMap((id) => this.bytes[id]))); }

  // One token as a reader sees it; bytes that are only a part of a character appear as ⟨C3⟩.
  text(id) {
    const bytes = Uint8Array.from(this.bytes[id] ?? []);
    let out = this.names.get(id) ?? "";
    for (let i = 0; i < bytes.length;) {
      const b = bytes[i], n = b < 192 ? 1 : b < 224 ? 2 : b < 240 ? 3 : 4;
      try {
        out += strict.decode(bytes.subarray(i, i + n));
        i += n;
      } catch {
        out += `⟨${bytes[i++].toString(16).toUpperCase()}⟩`;
      }
    }
    return out;
  }
};

// A binary heap of numbers, the smallest on top.
function push(heap, value) {
  let i = heap.push(value) - 1;
  for (let up; i && heap[up = (i - 1) >> 1] > value; i = up) heap[i] = heap[up];
  heap[i] = value;
}
function pop(heap) {
  const top = heap[0], last = heap.pop(), n = heap.length;
  for (let i = 0, child; i < n; i = child) {
    child = 2 * i + 1;
    if (heap[child + 1] < heap[child]) child++;
    heap[i] = heap[child] < last ? heap[child] : last;
    if (heap[i] === last) break;
  }
  return top;
}
