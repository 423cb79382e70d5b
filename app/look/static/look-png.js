// A map over its picture with its scale and caption, as a PNG of its own.
import { save } from "../../kit/static/files.js";
import { colour, paint } from "./look-paint.js";

const [WIDTH, PAD, LINE, BAR] = [960, 32, 26, 320]; // pixels

function wrapped(context, text, width) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = (lines.at(-1) + " " + word).trim();
    if (context.measureText(longer).width <= width || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// png: {ink, font} as the page has them; scale: what `low` and `high` of the shade are in words.
export function exportPng(panel, picture, shade, scale, png) {
  const font = `18px ${png.font}`;
  const h = Math.round((WIDTH * picture.naturalHeight) / picture.naturalWidth);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  context.font = font;
  const lines = panel.png.lines.flatMap((line) => wrapped(context, line, WIDTH));
  canvas.width = WIDTH + 2 * PAD;
  canvas.height = h + 2 * PAD + 70 + lines.length * LINE;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, PAD, PAD, WIDTH, h);
  const layer = document.createElement("canvas");
  [layer.width, layer.height] = [WIDTH, h];
  paint(layer.getContext("2d"), panel, WIDTH, h, shade);
  context.drawImage(layer, PAD, PAD);
  const top = PAD + h + 16;
  for (let i = 0; i < BAR; i++) {
    context.fillStyle = colour(i / (BAR - 1), shade.stops);
    context.fillRect(PAD + i, top, 1, 14);
  }
  context.font = font;
  context.textBaseline = "top";
  context.fillStyle = png.ink;
  context.fillText(`${scale.low} – ${scale.high}  ${scale.unit}`, PAD + BAR + 14, top - 3);
  lines.forEach((line, i) => context.fillText(line, PAD, top + 34 + i * LINE));
  canvas.toBlob((blob) => save(blob, panel.png.file), "image/png");
}
