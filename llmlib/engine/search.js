// Search over documents in the page: chunks, BM25, cosines, both joined by places or by scores, reranking; the twin of
// llmlib/scratch/retrieval.py and llmlib/retrieval, number by number. Asks models for vectors and scores, and knows none.
// A piece by itself: it needs no engine, and a widget may borrow its functions (`// uses engine: search`).
{

// Blanks and words as Python's \s and \w have them; what divides words is the same in both languages.
const BETWEEN_BLANKS = /[^\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;
const WORD = /[\p{L}\p{N}_]+/gu;
const STOPWORDS = `
  a o as os um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas para
  pra com sem sob sobre entre até e ou mas nem que quem qual quais quando quanto quantos quanta quantas
  onde como se já não sim só também mais muito muita muitos muitas ao aos à às é são era foi foram ser
  sendo está estão estava há tem têm tinha ter pode eu tu você vocês ele ela eles elas nós me te lhe
  lhes meu minha meus minhas seu sua seus suas nosso nossa este esta estes estas esse essa esses essas
  isto isso aquele aquela aquilo ali aqui lá
`;
const MOST_WORDS = 256, DEPTH = 100, FUSION = 60, JOINED = ["hybrid", "convex"];

// Where pieces of `size` words begin and end in a text: [[start, end], …]; neighbours share `overlap` words.
LLM.windows = (text, size = 60, overlap = 15) => {
  if (!(Number.isInteger(size) && Number.isInteger(overlap) && size >= 1))
    throw Error(`O trecho tem um número inteiro de palavras, de 1 em diante; veio ${size}.`);
  if (!(overlap >= 0 && overlap < size))
    throw Error(`A sobreposição vai de 0 a ${size - 1}, menos que o tamanho; veio ${overlap}.`);
  const spans = Array.from(text.matchAll(BETWEEN_BLANKS), (m) => [m.index, m.index + m[0].length]), found = [];
  for (let first = 0; spans.length; first += size - overlap) {
    const last = Math.min(first + size, spans.length) - 1;
    found.push([spans[first][0], spans[last][1]]);
    if (first + size >= spans.length) break;
  }
  return found;
};

// Small letters without accents.
LLM.fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "");
const folded = new Set(LLM.fold(STOPWORDS).trim().split(/\s+/));
LLM.isSmall = (word) => folded.has(LLM.fold(word));
// What BM25 counts in a text.
LLM.words = (text) => (LLM.fold(text).match(WORD) ?? []).filter((word) => !folded.has(word));

// Scores texts by the words that they share with a query, as Lucene counts. texts: a list of words each.
LLM.BM25 = class {
  constructor(texts, k1 = 1.5, b = 0.75) {
    this.size = texts.length;
    const mean = texts.reduce((sum, text) => sum + text.length, 0) / texts.length || 1;
    const found = new Map(); // word -> [[text, times], …]
    texts.forEach((text, number) => {
      const counts = new Map();
      for (const word of text) counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const [word, times] of counts) found.has(word) ? found.get(word).push([number, times]) : found.set(word, [[number, times]]);
    });
    this.postings = new Map(); // word -> [[text, what it gains], …]
    for (const [word, where] of found) {
      const idf = this.idf(where.length);
      this.postings.set(word, where.map(([text, tf]) => [text, idf * tf / (tf + k1 * (1 - b + b * texts[text].length / mean))]));
    }
  }

  // How rare a word is that so many texts have.
  idf(textsWith) { return Math.log(1 + (this.size - textsWith + 0.5) / (textsWith + 0.5)); }

  // The words of a query -> a score for every text; rounded to float32, as in Python.
  scores(query) {
    const total = new Float64Array(this.size);
    for (const word of query) for (const [text, gain] of this.postings.get(word) ?? []) total[text] += gain;
    return Float32Array.from(total);
  }
};

// The k highest of some scores: [[number, score], …], the highest first; equal ones keep their order.
LLM.best = (scores, k) => {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
  return order.slice(0, k).map((i) => [i, scores[i]]);
};
// The k rows of `vectors` (N, D) most like `query` (D), all of length 1.
LLM.nearest = (query, vectors, k) => {
  const D = query.length, cosines = new Float32Array(vectors.length / D);
  for (let row = 0, at = 0; row < cosines.length; row++) {
    let sum = 0;
    for (let i = 0; i < D; i++) sum += vectors[at++] * query[i];
    cosines[row] = sum;
  }
  return LLM.best(cosines, k);
};
// Several ranked lists of items -> [[item, score], …] by reciprocal rank fusion.
LLM.fuse = (rankings, constant = FUSION) => {
  const scores = new Map();
  for (const ranking of rankings) ranking.forEach((item, i) => scores.set(item, (scores.get(item) ?? 0) + 1 / (constant + i + 1)));
  return Array.from(scores).sort((a, b) => b[1] - a[1]);
};
// Several lists of [item, score] -> [[item, score], …] by the mean of the scores, each list put on the ruler 0 to 1.
LLM.convex = (lists) => {
  const means = new Map();
  for (const scored of lists) {
    let low = Infinity, high = -Infinity;
    for (const [, score] of scored) { low = Math.min(low, score); high = Math.max(high, score); }
    for (const [item, score] of scored) means.set(item, (means.get(item) ?? 0) + (high > low ? (score - low) / (high - low) : 1) / lists.length);
  }
  return Array.from(means).sort((a, b) => b[1] - a[1]);
};

// ---- documents as they come from readers

const SMALL = { // the most frequent words of languages that readers of Portuguese may have texts in
  português: "a o as os de do da dos das em no na um uma que e com por para se não ao à mais foi é são",
  espanhol: "el la los las de del en un una que y con por para se no al su lo más fue es son como",
  inglês: "the of and to in a is that it for was on with as his he be by at not are from this or had",
  francês: "le la les de des du en un une que et avec pour par se ne au il plus dans est sont sur qui ce",
  italiano: "il la i le di del della in un una che e con per si non al lo più nel è sono come gli da",
  alemão: "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an",
};
// The language of a text by its small words: a key of SMALL, "outra língua", or "" where it is too short.
LLM.language = (text) => {
  const found = (text.toLowerCase().match(WORD) ?? []).filter((word) => /[^\p{N}]/u.test(word));
  if (found.length < 25) return "";
  let name = "", most = -1;
  for (const [each, small] of Object.entries(SMALL)) {
    const known = new Set(small.split(" ")), count = found.filter((word) => known.has(word)).length;
    if (count > most) [name, most] = [each, count];
  }
  return most >= 0.1 * found.length ? name : "outra língua";
};
const binary = (text) => {
  if (text.trimStart().startsWith("%PDF-") || text.includes("\0")) return true;
  let odd = 0;
  for (const c of text) odd += c === "\ufffd" || (/\p{Cc}/u.test(c) && !"\t\n\r\f\v".includes(c));
  return odd > Math.max(3, 0.02 * text.length);
};
const squeezed = (text) => (text.match(BETWEEN_BLANKS) ?? []).join(" ");
// Why this is no text to be searched, as the end of a sentence; "" where it is one.
function unsound(text) {
  if (text === undefined || text === null) return "não tem o campo “texto”.";
  if (typeof text !== "string") return "tem em “texto” algo que não é um texto.";
  if (binary(text)) {
    const what = text.trimStart().startsWith("%PDF") ? "um PDF" : "um arquivo binário";
    return `é ${what}, e não texto: extraia o texto dele antes e passe só o texto.`;
  }
  if (!text.match(BETWEEN_BLANKS)) return "está vazio: não há o que buscar nele.";
  if (!text.match(WORD)) return "não tem nenhuma palavra: não há o que buscar nele.";
  return "";
}
// Documents as {id, titulo, texto}, found sound; throws at the first that is not.
LLM.documents = (documents) => {
  if (!Array.isArray(documents)) throw Error("Passe uma lista de documentos, cada um com “id”, “titulo” e “texto”.");
  const ids = new Set(), holders = new Map();
  return documents.map((document, number) => {
    if (!document || typeof document !== "object" || [undefined, null, ""].includes(document.id))
      throw Error(`O documento de número ${number + 1} não tem “id”, “titulo” e “texto”.`);
    const id = String(document.id), texto = document.texto, reason = unsound(texto);
    if (reason) throw Error(`O documento “${id}” ${reason}`);
    if (ids.has(id)) throw Error(`Já existe um documento “${id}”: dê a este outro id.`);
    const same = holders.get(squeezed(texto));
    if (same !== undefined) throw Error(`O documento “${id}” tem o mesmo texto de “${same}”: repetido, ele ocuparia dois lugares entre os achados. Deixe um só.`);
    ids.add(id);
    holders.set(squeezed(texto), id);
    return { id, titulo: String(document.titulo ?? ""), texto };
  });
};
const notesOn = (documents) => documents.flatMap(({ id, texto }) => {
  const name = LLM.language(texto);
  return ["", "português"].includes(name) ? [] : [`O documento “${id}” parece estar em ${name}: o mini-embed só aprendeu português, e a busca por vetores pode errar nele.`];
});

// A query as it is searched, and a note about what was cut; throws where nothing is asked.
LLM.query = (query) => {
  if (typeof query !== "string") throw Error("A busca é um texto.");
  const spans = Array.from(query.matchAll(BETWEEN_BLANKS));
  if (!spans.length) throw Error("A busca está vazia: escreva o que procurar.");
  if (spans.length <= MOST_WORDS) return [query, null];
  const last = spans[MOST_WORDS - 1], said = String(spans.length).replace(/\B(?=(\d{3})+$)/g, ".");
  return [query.slice(0, last.index + last[0].length), `A busca tem ${said} palavras: só as primeiras ${MOST_WORDS} foram usadas.`];
};

// Documents cut in chunks and searched. Without vectors it knows only BM25.
LLM.Index = class {
  constructor(documents, size, overlap) {
    Object.assign(this, { documents, size, overlap, vectors: null });
    this.chunks = LLM.cut(documents, size, overlap);
    this.searched = this.chunks.map(({ title, text }) => (title ? `${title}. ${text}` : text));
  }

  get bm25() { return (this.counted ??= new LLM.BM25(this.searched.map(LLM.words))); }
};
LLM.cut = (documents, size, overlap) => documents.flatMap(({ id, titulo = "", texto }) =>
  LLM.windows(texto, size, overlap).map(([start, end]) => ({ document: id, title: titulo, start, end, text: texto.slice(start, end) })));

// (size, overlap) asked; without them, the usual ones.
const sizesOf = ({ size, overlap }) => [size ?? 60, overlap ?? (size == null ? 15 : Math.min(15, Math.floor(size / 4)))];
// Vectors of a page file: base64 of int8 (rows, D), then a float32 scale a row -> float32 (rows, D).
const widened = ({ rows, data }) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), D = bytes.length / rows - 4;
  const values = new Int8Array(bytes.buffer, 0, rows * D), scales = new DataView(bytes.buffer, rows * D);
  return Float32Array.from(values, (v, i) => v * scales.getFloat32(4 * Math.floor(i / D), true));
};

// The methods "collection", "chunk" and "search". `files`: what brings things, each a promise:
// collection(name) -> {documents, sizes: [{size, overlap}]}; vectors(name, size, overlap) -> {stamp, rows, data};
// stamp() -> that of the embedder, once it is there; embed(texts) -> {vectors}; rerank(query, texts, model) -> {scores}.
LLM.searcher = (files, { now = () => performance.now() } = {}) => {
  const indexes = new Map(); // by collection or documents, and sizes: the last of them
  const BATCH = 16;

  function kept(key, make) {
    const found = indexes.get(key) ?? make();
    indexes.delete(key);
    indexes.set(key, found);
    for (const old of [...indexes.keys()].slice(0, -6)) indexes.delete(old);
    return found;
  }

  async function open(params) {
    const [size, overlap] = sizesOf(params), { collection = "caxinduba", documents } = params;
    if (documents !== undefined && documents !== null) {
      const sound = LLM.documents(documents);
      return kept(JSON.stringify([size, overlap, sound]), () => Object.assign(new LLM.Index(sound, size, overlap), { notes: notesOn(sound) }));
    }
    const file = await files.collection(collection);
    return kept(`${collection} ${size} ${overlap}`, () => {
      const brought = file.sizes.some((each) => each.size === size && each.overlap === overlap);
      return Object.assign(new LLM.Index(file.documents, size, overlap), { notes: [], collection: brought && collection });
    });
  }

  // Gives an index its vectors: from the page's file, if this embedder made them of these chunks, or made now. Returns a
  // note where the file is not of this embedder.
  async function embed(index, onEvent, signal) {
    if (index.vectors) return null;
    if (index.collection) {
      const file = await files.vectors(index.collection, index.size, index.overlap);
      if (file.stamp === (await files.stamp()) && file.rows === index.chunks.length) {
        index.vectors = widened(file);
        return null;
      }
    }
    const total = index.searched.length, parts = [];
    for (let done = 0; done < total; done += BATCH) {
      if (signal?.aborted) throw Error("A busca foi interrompida.");
      parts.push((await files.embed(index.searched.slice(done, done + BATCH))).vectors);
      onEvent?.({ done: Math.min(done + BATCH, total), total });
    }
    const vectors = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { vectors.set(part, at); at += part.length; }
    index.vectors = vectors;
    return index.collection ? "Os vetores desta página são de outro mini-embed: foram refeitos agora. Para refazer o site: make book." : null;
  }

  async function search(params, { onEvent, signal } = {}) {
    const { k = 5, by = "hybrid", rerank = 0, reranker = "mini-rerank", hops = 1 } = params;
    let [query, note] = LLM.query(params.query ?? "");
    if (![...JOINED, "bm25", "dense"].includes(by)) throw Error(`Busca-se por hybrid, convex, bm25, dense; veio '${by}'.`);
    if (!(Number.isInteger(k) && k >= 1 && Number.isInteger(rerank) && rerank >= 0))
      throw Error("k é um número inteiro de 1 em diante, e rerank, de 0 em diante.");
    if (hops !== 1 && hops !== 2) throw Error(`hops é o número de buscas, 1 ou 2; veio ${hops}.`);
    const index = await open(params), { chunks } = index;
    if (!chunks.length) throw Error("O índice está vazio: ponha documentos nele antes de buscar.");
    const ms = { bm25: null, embed: null, dense: null, rerank: null }, lists = {}, depth = Math.max(DEPTH, k, rerank);
    let start = now();
    const stage = (name) => { ms[name] = now() - start; start = now(); };
    const asked = LLM.words(query);
    if (!asked.length && by === "bm25")
      throw Error(`A busca “${query.trim()}” só tem palavras vazias, que estão em quase todo texto: escreva também do que se trata.`);
    if (!asked.length && JOINED.includes(by)) note ??= "A busca só tem palavras vazias: o BM25 não conta nenhuma, e só os vetores valeram.";
    if (by !== "dense") {
      index.bm25; // counted before the clock starts
      start = now();
      lists.bm25 = LLM.best(index.bm25.scores(asked), depth).filter(([, score]) => score > 0);
      stage("bm25");
      if (!lists.bm25.length && asked.length) note ??= "Nenhuma palavra da busca está nos documentos.";
    }
    if (by !== "bm25") {
      const stale = await embed(index, onEvent, signal);
      note ??= stale;
      await files.stamp(); // the model is opened before the clock starts
      start = now();
      const { vectors: query_ } = await files.embed([query]);
      stage("embed");
      if (index.vectors.length !== query_.length * chunks.length)
        throw Error(`O vetor tem ${query_.length} números, e os deste índice têm ${index.vectors.length / chunks.length}: são de modelos diferentes, e não se comparam. Use o mesmo modelo, ou refaça o índice.`);
      lists.dense = LLM.nearest(query_, index.vectors, depth);
      stage("dense");
    }
    const both = Object.values(lists);
    let order = by === "hybrid" ? LLM.fuse(both.map((list) => list.map(([i]) => i))) : by === "convex" ? LLM.convex(both) : lists[by];
    if (rerank && order.length) {
      const numbers = order.slice(0, rerank).map(([i]) => i);
      await files.reranker?.(reranker);
      start = now();
      const { scores } = await files.rerank(query, numbers.map((i) => index.searched[i]), reranker);
      stage("rerank");
      lists.rerank = LLM.best(scores, numbers.length).map(([i, score]) => [numbers[i], score]);
      order = [...lists.rerank, ...order.slice(rerank)];
    }
    const places = Object.fromEntries(Object.entries(lists).map(([name, list]) =>
      [name, new Map(list.map(([i, score], at) => [i, { score, rank: at + 1 }]))]));
    const said = (name, i) => places[name]?.get(i) ?? null;
    const hits = order.slice(0, k).map(([i, score], at) => ({ ...chunks[i], score, rank: at + 1,
      bm25: said("bm25", i), dense: said("dense", i), rerank: said("rerank", i), bridge: null }));
    const found = { hits, ms, note, notes: index.notes };
    return hops === 2 && hits.length > 1 ? LLM.bridged(search, query, found, params) : found; // hops.js
  }

  return {
    search,
    async collection(params = {}) {
      const { collection = "caxinduba" } = params, file = await files.collection(collection), [size, overlap] = sizesOf(params);
      return { collection, documents: file.documents.length, chunks: LLM.cut(file.documents, size, overlap).length,
        sizes: file.sizes, titles: file.documents.map(({ id, titulo }) => ({ id, titulo })) };
    },
    async chunk(params = {}) {
      const { collection = "caxinduba", document, text, documents } = params, [size, overlap] = sizesOf(params);
      if (text !== undefined && text !== null) return { chunks: LLM.cut([{ id: "", texto: String(text) }], size, overlap) };
      const all = documents ? LLM.documents(documents) : (await files.collection(collection)).documents;
      const wanted = document == null ? all : all.filter(({ id }) => id === document);
      if (!wanted.length) throw Error(`Não há um documento “${document}” nesta coleção.`);
      return { chunks: LLM.cut(wanted, size, overlap) };
    },
  };
};

}
