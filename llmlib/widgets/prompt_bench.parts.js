// A prompt in parts: the twin of `Prompt` in llmlib/scratch/prompting.py. State → pieces, text, and the changes of one part.
// prompt: {role, instruction, context, examples: [[x, y]], item, cue}, layout: [before, between, after].
function pbPieces({ role, instruction, context, examples, item, cue }, [before, between, after]) {
  const found = [["papel", role], ["instrução", instruction], ["contexto", context]].filter(([, text]) => text.trim()).map(([part, text]) => [part, `${text.trim()}\n`]);
  for (const [x, y] of examples) found.push(["exemplos", before + x + between + y + after]);
  found.push(["entrada", before + item]);
  if (cue) found.push(["deixa", between.replace(/ +$/, "")]);
  return found;
}
const pbText = (prompt, layout) => pbPieces(prompt, layout).map(([, text]) => text).join("");

function pbVariants(prompt) {
  const empty = { papel: { role: "" }, instrução: { instruction: "" }, contexto: { context: "" }, exemplos: { examples: [] }, deixa: { cue: false } };
  const has = { papel: prompt.role.trim(), instrução: prompt.instruction.trim(), contexto: prompt.context.trim(), exemplos: prompt.examples.length, deixa: prompt.cue };
  const found = [["como está", prompt]];
  for (const part of Object.keys(empty)) if (has[part]) found.push([`sem ${part}`, { ...prompt, ...empty[part] }]);
  const { examples } = prompt;
  if (examples.length > 1) {
    found.push(["exemplos de trás para a frente", { ...prompt, examples: [...examples].reverse() }]);
    found.push(["respostas dos exemplos trocadas", { ...prompt, examples: examples.map(([x], i) => [x, examples[(i + 1) % examples.length][1]]) }]);
  }
  return found;
}

// Which piece each token belongs to, by counting bytes; marks of the chat format and what it writes are "formato".
function pbRuns(tokens, pieces, form) {
  const size = (text) => (SPECIAL[text] ? 0 : text.split(/(⟨[0-9A-F]{2}⟩)/).reduce((sum, part) => sum + (/^⟨[0-9A-F]{2}⟩$/.test(part) ? 1 : new TextEncoder().encode(part).length), 0));
  const all = form === "chat" ? [["formato", "user\n"], ...pieces, ["formato", "\nassistant\n"]] : pieces;
  const ends = [];
  for (const [part, text] of all) ends.push([part, (ends.at(-1)?.[1] ?? 0) + new TextEncoder().encode(text).length]);
  const runs = [];
  let at = 0;
  for (const token of tokens) {
    const part = SPECIAL[token.text] ? "formato" : (ends.find(([, end]) => at < end) ?? ends.at(-1))[0];
    if (runs.at(-1)?.part !== part) runs.push({ part, tokens: [] });
    runs.at(-1).tokens.push(token);
    at += size(token.text);
  }
  return runs;
}
