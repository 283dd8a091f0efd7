// The learner of byte pair encoding, as llmlib/scratch/bpe.py has it: same merges, same ids (the 256 bytes first), ties
// included; tests/vectors/bpe.json holds the two together. It counts and joins; it draws nothing.
const visibleByte = (b) => (b > 32 && b < 127) || (b > 160 && b < 173) || b > 173;
const BYTES = [...Array(256).keys()].sort((a, b) => visibleByte(b) - visibleByte(a) || a - b);
const ID_OF_BYTE = BYTES.reduce((ids, byte, id) => { ids[byte] = id; return ids; }, new Uint8Array(256));
const KEY = 65536; // a pair as one number: left * KEY + right

// Replaces every pair of `word` by `fresh`, from left to right, in place; tells `change(key, ±1)` what that broke and made.
function joinPair(word, left, right, fresh, change) {
  for (let at = 0; at + 1 < word.length; at++) {
    if (word[at] !== left || word[at + 1] !== right) continue;
    if (at > 0) { change(word[at - 1] * KEY + left, -1); change(word[at - 1] * KEY + fresh, 1); }
    word.splice(at, 2, fresh);
    if (at + 1 < word.length) { change(right * KEY + word[at + 1], -1); change(fresh * KEY + word[at + 1], 1); }
  }
}

class Learner {
  // words: the pieces of a text, in order; equal ones are kept once, with their count.
  constructor(words, minFrequency = 2) {
    const times = new Map(), utf8 = new TextEncoder();
    for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
    this.least = Math.max(1, minFrequency);
    this.times = [...times.values()];
    this.cut = [...times.keys()].map((word) => Array.from(utf8.encode(word), (byte) => ID_OF_BYTE[byte]));
    this.length = this.cut.reduce((sum, word, i) => sum + word.length * this.times[i], 0);
    this.tokens = BYTES.map((byte) => [byte]); // bytes of each token, by id
    this.counts = new Map();
    this.queue = [];
    const where = new Map();
    this.cut.forEach((word, place) => {
      for (let at = 0; at + 1 < word.length; at++) this.count(word[at] * KEY + word[at + 1], 1, place, where);
    });
    this.enqueue(where);
  }
  count(key, sign, place, where) {
    this.counts.set(key, (this.counts.get(key) ?? 0) + sign * this.times[place]);
    if (sign > 0) where.has(key) ? where.get(key).add(place) : where.set(key, new Set([place]));
  }
  enqueue(where) {
    for (const [key, places] of where) if (this.counts.get(key) > 0) this.push({ count: this.counts.get(key), key, places });
  }

  // Joins the most frequent pair (of equals, the one of smallest ids). Returns {left, right, count, id, length}, or null at the end.
  step() {
    for (let top; (top = this.pop());) {
      const today = this.counts.get(top.key);
      if (top.count !== today) { this.push({ ...top, count: today }); continue; } // out of date: back, with today's count
      if (today < this.least) return null;
      const left = Math.floor(top.key / KEY), right = top.key % KEY, id = this.tokens.length, where = new Map();
      this.tokens.push([...this.tokens[left], ...this.tokens[right]]);
      for (const place of top.places) {
        const word = this.cut[place], before = word.length;
        joinPair(word, left, right, id, (key, sign) => this.count(key, sign, place, where));
        this.length -= (before - word.length) * this.times[place];
      }
      this.counts.set(top.key, 0); // nothing of it is left; the count of overlaps ("aaa") would linger
      this.enqueue(where);
      return { left, right, count: today, id, length: this.length };
    }
    return null;
  }
  // The most frequent pairs of now: [{left, right, count}], in the order in which they would be joined.
  best(most) {
    const found = [];
    for (const [key, count] of this.counts) {
      if (count < 1) continue;
      const last = found[most - 1];
      if (last && (count < last.count || (count === last.count && key > last.key))) continue;
      let at = found.length;
      while (at > 0 && (found[at - 1].count < count || (found[at - 1].count === count && found[at - 1].key > key))) at -= 1;
      found.splice(at, 0, { key, count });
      found.length = Math.min(found.length, most);
    }
    return found.map(({ key, count }) => ({ left: Math.floor(key / KEY), right: key % KEY, count }));
  }

  // A binary heap: the greatest count on top; of equals, the smallest key.
  push(item) {
    const heap = this.queue;
    let i = heap.push(item) - 1;
    for (let up; i && before(item, heap[(up = (i - 1) >> 1)]); i = up) heap[i] = heap[up];
    heap[i] = item;
  }
  pop() {
    const heap = this.queue, top = heap[0], last = heap.pop();
    if (!heap.length) return top;
    let i = 0;
    for (let child; (child = 2 * i + 1) < heap.length; i = child) {
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child += 1;
      if (!before(heap[child], last)) break;
      heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
  }
}
const before = (a, b) => a.count > b.count || (a.count === b.count && a.key < b.key);
