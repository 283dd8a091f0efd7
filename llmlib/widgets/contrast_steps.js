// Contrast, step by step: histograms of cosines (pairs that mean the same above the line, all other pairs below it), and where the
// moment stands between alignment and uniformity. Everything was counted before; the slider chooses.
// uses part: text_uses.range
// uses style: text_uses
export default {
  render({ model, el }) {
    const moments = model.get("moments"), bins = moments[0].same.length, W = 560, H = 250, middle = 128, left = 12, heard = announcer();
    const top = Math.max(...moments.flatMap((m) => [...m.same, ...m.other])), x = (c) => left + ((c + 1) / 2) * (W - 2 * left), y = (share) => (share / top) * 104;
    const bars = [0, 1].map((side) => Array.from({ length: bins }, (_, i) => svg("rect", { class: side ? "cs-other" : "cs-same", x: x(-1 + (2 * i) / bins) + 0.5, width: (W - 2 * left) / bins - 1 })));
    const marks = [0, 1].map((side) => svg("line", { class: side ? "cs-mean cs-mean-other" : "cs-mean", y1: side ? middle : middle - 112, y2: side ? middle + 112 : middle }));
    const words = [0, 1].map((side) => svg("text", { class: "cs-word", y: side ? middle + 108 : middle - 104 }));
    const picture = svg("svg", { viewBox: `0 0 ${W} ${H + 14}`, role: "img" }, svg("line", { class: "cs-line", x1: left, x2: W - left, y1: middle, y2: middle }), bars, marks, words,
      [-1, -0.5, 0, 0.5, 1].map((c) => svg("text", { class: "cs-tick", x: x(c), y: H + 10, "text-anchor": "middle" }, fmtNumber(c, c % 1 ? 1 : 0))));
    const S = 190, low = (key) => Math.min(...moments.map((m) => m[key])), high = (key) => Math.max(...moments.map((m) => m[key]));
    const scale = (key) => { const a = low(key), b = high(key), room = (b - a || 1) * 0.12; return (v) => 30 + ((v - a + room) / (b - a + 2 * room || 1)) * (S - 40); };
    const across = scale("uniformity"), up = scale("alignment");
    const dots = moments.map((m) => svg("circle", { cx: across(m.uniformity), cy: S - up(m.alignment), r: 4 }));
    const path = svg("svg", { viewBox: `0 0 ${S} ${S + 16}`, role: "img", "aria-label": "Alinhamento e uniformidade em cada momento" },
      svg("path", { class: "cs-path", d: moments.map((m, i) => `${i ? "L" : "M"}${across(m.uniformity).toFixed(1)} ${(S - up(m.alignment)).toFixed(1)}`).join("") }), dots,
      svg("text", { class: "cs-tick", x: 32, y: S + 12 }, "← mais espalhados"), svg("text", { class: "cs-tick", x: 12, y: S - 30, transform: `rotate(-90 12 ${S - 30})` }, "← pares mais juntos"));
    const said = h("p", { class: "tu-verdict" }), numbers = h("p", { class: "cs-numbers" });
    const slider = tuRange("parada", { min: 0, max: moments.length - 1, value: model.get("start"), format: (i) => moments[i].name }, draw);

    function draw() {
      const m = moments[slider.get()];
      [m.same, m.other].forEach((shares, side) => shares.forEach((share, i) => {
        bars[side][i].setAttribute("height", y(share));
        bars[side][i].setAttribute("y", side ? middle : middle - y(share));
      }));
      m.means.forEach((mean, side) => {
        for (const end of ["x1", "x2"]) marks[side].setAttribute(end, x(mean));
        words[side].setAttribute("x", x(mean) + (mean > 0.1 ? -6 : 6));
        words[side].setAttribute("text-anchor", mean > 0.1 ? "end" : "start");
        setText(words[side], `${side ? "outros pares" : "mesmo sentido"}: média ${fmtNumber(mean, 2)}`);
      });
      dots.forEach((dot, i) => dot.classList.toggle("cs-now", i === slider.get()));
      setText(numbers, `alinhamento ${fmtNumber(m.alignment, 2)}\nuniformidade ${fmtNumber(m.uniformity, 2)}`);
      setText(said, `${m.name}: o texto certo é o mais próximo em ${m.hits} de ${m.n} casos (${fmtPercent(m.hits / m.n)}, intervalo de 95 %: ${fmtPercent(m.low)} a ${fmtPercent(m.high)}).`);
      picture.setAttribute("aria-label", `Cosseno médio dos pares de mesmo sentido ${fmtNumber(m.means[0], 2)}, dos outros ${fmtNumber(m.means[1], 2)}.`);
      heard.say(said.textContent);
    }
    build(el, null, [h("div", { class: "tu-controls" }, slider.el), h("div", { class: "cs-both" }, h("div", { class: "cs-picture" }, picture, h("p", { class: "tu-key" }, "Cosseno de cada par. Para cima, os que dizem o mesmo; para baixo, todos os outros.")), h("div", { class: "cs-side" }, path, h("p", { class: "tu-key" }, "Cada ponto é uma parada; o cheio é a escolhida."), numbers)), said, heard.el]);
    draw();
    return () => heard.say.cancel();
  },
};
