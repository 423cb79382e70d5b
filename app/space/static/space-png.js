// The map as a picture that leaves the page: the points, what lies over them, its legend and where it
// is from; put together by the library.
import { el } from "../../kit/static/dom.js";
import { whole } from "../../kit/static/numbers.js";
import { looksOf, markOf } from "./space-kinds.js";
import { plain } from "./space-marks.js";

const [SIDE, FOOT] = [280, 90]; // pixels beside and below the map
const SCALE = 2; // the picture's pixels to one of the page's

// scene: {points: draws them on a canvas, layout, camera, state, palette, dark, tone, told}
export function savePng(Plotly, name, { points, layout, camera, state, palette, dark, tone, told }) {
  const canvas = el("canvas", { width: SCALE * camera.wide, height: SCALE * camera.high });
  points(canvas, SCALE);
  const below = {
    source: canvas.toDataURL(), xref: "paper", yref: "paper", x: 0, y: 1, sizex: 1, sizey: 1,
    sizing: "stretch", layer: "below",
  };
  const size = { width: camera.wide + SIDE, height: camera.high + FOOT };
  return Plotly.downloadImage({
    data: legendTraces(state.kinds, palette, state.colour, dark),
    layout: {
      ...layout, ...size, margin: { l: 0, r: SIDE, t: 0, b: FOOT }, showlegend: true,
      paper_bgcolor: tone("panel"),
      font: { family: "sans-serif" }, // a picture is drawn without the page's own font
      legend: {
        font: { size: 11, color: tone("ink") }, itemsizing: "trace", maxheight: size.height,
      },
      images: [below, ...layout.images],
      annotations: [...layout.annotations, sourceMark(told, tone, Math.floor(size.width / 6.5))],
    },
  }, { format: "png", filename: name, scale: SCALE, ...size });
}

// An empty trace a kind, so that plotly.js draws its legend.
function legendTraces(kinds, palette, colour, dark) {
  return kinds.list.filter(({ count }) => count).map(({ label, number, count }) => {
    const looks = looksOf(palette, colour, number, dark);
    const caption = colour === "modality" && number === 1;
    return {
      type: "scatter", mode: "markers", x: [null], y: [null], showlegend: true,
      name: `${plain(label)} (${whole(count)})`,
      marker: {
        color: looks.colour || palette.grey[dark ? "dark" : "light"], size: 6 + 4 * looks.size,
        symbol: markOf(colour, looks.shape, !caption),
      },
    };
  });
}

// The words under the map, in lines of so many characters.
const sourceMark = (told, tone, width) => ({
  x: 0, y: 0, xref: "paper", yref: "paper", xanchor: "left", yanchor: "top", xshift: 8, yshift: -8,
  align: "left", showarrow: false, font: { size: 11, color: tone("quiet") },
  text: plain(told).replace(new RegExp(`(.{1,${width}})(?:\\s|$)`, "g"), "$1<br>"),
});
