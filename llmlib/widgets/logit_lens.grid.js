// A grid that the arrows walk: rows are layers, columns are positions of a text. Draws what it is given; knows no model.
// draw({heads: [[node]], rows: [{label, cells: [{nodes, said, p?, kind?}]}], foot?}): p, 0 to 1, is the shade and `kind` a class;
// `onpick(row, column)` when a cell gets the focus or a click, `onpeek` when the pointer is over it, and `onpeek(null)` when it left.
const layerName = (row) => (row ? `camada ${row}` : "embedding");

function cellGrid({ label, kind, onpick, onpeek }) {
  const head = h("thead"), body = h("tbody"), foot = h("tfoot");
  const table = h("table", { class: `cg-table ${kind}`, role: "grid", "aria-label": label }, head, body, foot);
  const el = h("div", { class: "cg-scroll" }, table);
  let cells = [], at = [0, 0];

  const place = (node) => { const cell = node.closest?.("td[data-at]"); return cell ? cell.dataset.at.split(",").map(Number) : null; };
  function aim(row, column) {
    if (cells[at[0]]?.[at[1]]) cells[at[0]][at[1]].tabIndex = -1;
    at = [row, column];
    cells[row][column].tabIndex = 0;
  }
  function mark(row, column) {
    for (const each of body.querySelectorAll("[aria-selected=true]")) each.setAttribute("aria-selected", "false");
    cells[row]?.[column]?.setAttribute("aria-selected", "true");
  }
  body.addEventListener("keydown", (event) => {
    const from = place(event.target);
    if (!from) return;
    const [row, column] = from, last = cells[0].length - 1;
    const next = { ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1], ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], Home: [row, 0], End: [row, last] }[event.key];
    if (!next) return;
    event.preventDefault();
    cells[Math.max(0, Math.min(cells.length - 1, next[0]))][Math.max(0, Math.min(last, next[1]))].focus();
  });
  body.addEventListener("focusin", (event) => { const to = place(event.target); if (to) { aim(...to); onpick(...to); } });
  body.addEventListener("click", (event) => { const to = place(event.target); if (to) { cells[to[0]][to[1]].focus(); onpick(...to); } });
  body.addEventListener("pointerover", (event) => { if (event.pointerType !== "touch") onpeek?.(place(event.target)); });
  body.addEventListener("pointerleave", () => onpeek?.(null));

  function draw({ heads, rows, foot: last }) {
    const held = body.contains(document.activeElement);
    const corner = () => h("td", { class: "cg-corner" });
    head.replaceChildren(...heads.map((row) => h("tr", {}, row.label ? h("th", { scope: "row" }, row.label) : corner(), row.cells.map((nodes) => h("th", { scope: "col" }, nodes)))));
    cells = rows.map((row, r) => row.cells.map((each, c) => h("td", {
      role: "gridcell", tabIndex: -1, "data-at": `${r},${c}`, "aria-label": each.said, class: each.kind ?? "", "--p": each.p, "aria-selected": "false",
    }, each.nodes)));
    body.replaceChildren(...rows.map((row, r) => h("tr", {}, h("th", { scope: "row" }, row.label), cells[r])));
    foot.replaceChildren(...(last ? [h("tr", {}, h("th", { scope: "row" }, last.label), last.cells.map((text) => h("td", {}, text)))] : []));
    const row = Math.min(at[0], cells.length - 1), column = Math.min(at[1], cells[0].length - 1);
    at = [row, column];
    cells[row][column].tabIndex = 0;
    if (held) cells[row][column].focus({ preventScroll: true });
  }
  // One cell again, as while numbers come in one by one.
  function update(r, c, each) {
    const cell = cells[r]?.[c];
    if (!cell) return;
    cell.className = each.kind ?? "";
    cell.style.setProperty("--p", each.p ?? 0);
    cell.setAttribute("aria-label", each.said);
    cell.replaceChildren(...[each.nodes].flat());
  }
  // Where not all columns fit, this one is shown beside the names of the rows.
  const toColumn = (c) => requestAnimationFrame(() => { if (cells[0]?.[c]) el.scrollLeft = cells[0][c].offsetLeft - body.querySelector("th").offsetWidth - 8; });
  return { el, draw, update, mark, aim, toColumn };
}
