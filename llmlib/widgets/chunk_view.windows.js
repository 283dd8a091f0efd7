// Windows of words over a text: the twin of `windows` in llmlib/scratch/retrieval.py, kept equal by a test.
function cvWindows(text, size, overlap) {
  const spans = [...text.matchAll(/\S+/gu)].map((word) => [word.index, word.index + word[0].length]), found = [];
  for (let first = 0; spans.length; first += size - overlap) {
    const piece = spans.slice(first, first + size);
    found.push([piece[0][0], piece.at(-1)[1]]);
    if (first + size >= spans.length) break;
  }
  return found;
}
