// Lines from a scene's place before to its place after.
import { svg } from "../../kit/static/dom.js";

// cards: {side, id, node, card}; body: what holds both columns and the lines.
export function drawLines(lines, body, cards) {
  lines.replaceChildren();
  const box = body.getBoundingClientRect();
  if (!box.width || !cards.length) return;
  lines.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  const at = (node, edge) => {
    const r = node.getBoundingClientRect();
    return [r[edge] - box.left, r.top + r.height / 2 - box.top];
  };
  const after = new Map(cards.filter((c) => c.side === "after").map((c) => [c.id, c]));
  for (const one of cards.filter((c) => c.side === "before")) {
    const other = after.get(one.id);
    if (!other) continue;
    const [[x1, y1], [x2, y2]] = [at(one.node, "right"), at(other.node, "left")];
    const mid = (x1 + x2) / 2;
    lines.append(svg("path", {
      d: `M${x1 + 4},${y1} C${mid},${y1} ${mid},${y2} ${x2 - 4},${y2}`,
      class: "bump", data: { id: one.id, kind: other.card.move?.kind || "same" },
    }));
  }
}
