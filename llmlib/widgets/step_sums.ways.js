// The ways of asking a sum: the twin of the written steps in llmlib/scratch/prompting.py and of `run` in step_sums.py.
const ssSums = (seed, count, terms) => Array.from({ length: count }, (_, i) => Array.from({ length: terms }, (_, j) => 1 + Math.floor(9 * LLM.uniform(seed, i * terms + j))));
const ssTotal = (terms) => terms.reduce((a, b) => a + b, 0);
const ssAddition = (terms) => terms.join(" + ");
function ssPartial(terms) {
  let total = terms[0];
  return terms.slice(1).map((term) => { const line = `${total} + ${term} = ${total + term}`; total += term; return line; });
}
const ssPrompts = {
  direct: (terms, solved) => [...solved.map((each) => `${ssAddition(each)} = ${ssTotal(each)}`), `${ssAddition(terms)} =`].join("\n"),
  words: (terms) => `Pergunta: Quanto é ${ssAddition(terms)}?\nResposta: Vamos pensar passo a passo.`,
  steps: (terms, solved) => [...solved.map((each) => [`${ssAddition(each)}:`, ...ssPartial(each)].join("\n")), `${ssAddition(terms)}:\n`].join("\n\n"),
};
const ssNumbers = (text) => (text.match(/[0-9]+/g) ?? []).map(Number);
const ssSolved = (terms) => ssSums(7000 + terms, 4, terms);
// write(prompt, room, stop) → text
async function ssRun(write, way, terms) {
  if (way === "laid") {
    let text = "", total = terms[0];
    for (const term of terms.slice(1)) {
      text += `${total} + ${term} =`;
      total = ssNumbers(await write(text, 4, ["\n"]))[0];
      if (total === undefined) return { text, answer: null };
      text += ` ${total}\n`;
    }
    return { text: text.trim(), answer: total };
  }
  const rules = { direct: [5, ["\n"]], words: [40, ["\nPergunta"]], steps: [14 * (terms.length - 1), ["\n\n"]] }[way];
  const text = await write(ssPrompts[way](terms, ssSolved(terms.length)), ...rules), numbers = ssNumbers(text);
  return { text: text.trim(), answer: (way === "direct" ? numbers[0] : numbers.at(-1)) ?? null };
}
