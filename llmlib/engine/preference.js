// What votes teach: the twin of llmlib/scratch/preference.py (traits, Bradley-Terry with doubt, best of n, KL, tilt), and
// of the simulated voter of builders/alignment_curves.py. Plain arithmetic on arrays; knows no model and draws nothing.
LLM.preference = (() => {
  const SPREAD = 2, RIGHT = 4, LENGTH = 3;
  const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const sigmoid = (x) => 0.5 * (1 + Math.tanh(x / 2));
  function dot(a, b) { // plain loops here and in fit: a slider waits for them
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }

  // [comprimento, frase inteira, recusa, retoma a pergunta, segurança]; confidence: mean log p of the answer's tokens.
  function traits(question, answer, confidence) {
    const said = words(answer), heard = new Set(said), trimmed = answer.trim();
    const about = new Set(words(question).filter((word) => word.length >= 4 && word !== "qual"));
    let again = 0;
    for (const word of about) again += heard.has(word);
    const whole = said.length >= 4 && /[.!?…]$/.test(trimmed), refusal = /^(não sei|o texto não diz)/.test(trimmed.toLowerCase());
    return [Math.log2(1 + said.length), +whole, +refusal, about.size ? again / about.size : 0, confidence];
  }

  // The inverse of a small positive definite matrix, by Gauss-Jordan.
  function inverse(matrix) {
    const n = matrix.length, rows = matrix.map((row, i) => [...row, ...row.map((_, j) => +(i === j))]);
    for (let i = 0; i < n; i++) {
      const pivot = rows[i][i];
      rows[i] = rows[i].map((v) => v / pivot);
      for (let k = 0; k < n; k++) {
        const factor = rows[k][i];
        if (k !== i && factor) rows[k] = rows[k].map((v, j) => v - factor * rows[i][j]);
      }
    }
    return rows.map((row) => row.slice(n));
  }

  // differences (N, F): traits of the winner minus those of the loser -> {weights, covariance}
  function fit(differences, size, spread = SPREAD) {
    const weights = new Array(size).fill(0), range = [...weights.keys()];
    let covariance;
    for (let round = 0; round < 50; round++) {
      const gradient = weights.map((w) => -w / spread ** 2);
      const curvature = range.map((i) => range.map((j) => (i === j ? 1 / spread ** 2 : 0)));
      for (let v = 0; v < differences.length; v++) {
        const d = differences[v], surprise = 1 - sigmoid(dot(weights, d)), bend = surprise * (1 - surprise);
        for (let i = 0; i < size; i++) {
          const row = curvature[i], own = bend * d[i];
          gradient[i] += surprise * d[i];
          for (let j = 0; j < size; j++) row[j] += own * d[j];
        }
      }
      covariance = inverse(curvature);
      const step = covariance.map((row) => dot(row, gradient)), longest = Math.max(...step.map(Math.abs));
      const scale = Math.min(1, 2 / Math.max(1e-12, longest)); // never a leap
      for (const i of range) weights[i] += scale * step[i];
      if (longest < 1e-9) break;
    }
    return { weights, covariance };
  }
  const reward = ({ weights }, one) => dot(weights, one);
  // How much more the first is worth, the standard deviation of that, and the chance that it gets the vote.
  function margin({ weights, covariance }, one, other) {
    const d = one.map((v, i) => v - other[i]), mean = dot(weights, d);
    const deviation = Math.sqrt(Math.max(0, dot(d, covariance.map((row) => dot(row, d)))));
    return { mean, deviation, p: sigmoid(mean / Math.sqrt(1 + (Math.PI * deviation ** 2) / 8)) };
  }

  // Chance that each answer is the one kept of n draws; counts: how often each stands in the bank.
  function bestOfN(rewards, n, counts = rewards.map(() => 1)) {
    const total = counts.reduce((a, b) => a + b, 0);
    return rewards.map((mine, i) => {
      let below = 0, equal = 0;
      for (let j = 0; j < rewards.length; j++) {
        if (rewards[j] < mine) below += counts[j];
        else if (rewards[j] === mine) equal += counts[j];
      }
      return ((((below + equal) / total) ** n - (below / total) ** n) * counts[i]) / equal;
    });
  }
  const bound = (n) => Math.log(n) - (n - 1) / n;
  const divergence = (kept, drawn) => kept.reduce((sum, q, i) => (q > 0 ? sum + q * Math.log(q / drawn[i]) : sum), 0);
  function tilted(drawn, rewards, beta) {
    const scores = drawn.map((p, i) => Math.log(p) + rewards[i] / beta), top = Math.max(...scores);
    const weights = scores.map((s) => Math.exp(s - top)), sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((w) => w / sum);
  }

  // The simulated voter: one and other are [right, length]; u, uniform, is the mood.
  const worth = ([right, length], hurry) => (1 - hurry) * RIGHT * right + hurry * LENGTH * length;
  const vote = (one, other, hurry, u) => u < sigmoid(worth(one, hurry) - worth(other, hurry));
  return { traits, fit, reward, margin, bestOfN, bound, divergence, tilted, vote, sigmoid };
})();
