// Which part of the map is seen, and where a point is on the screen.
const GAP = 0.12; // between the two maps of the towers' features, in widths of one
const EDGE = 56; // pixels around everything

export class Camera {
  x = 0.5; // the middle of what is seen, in widths of one map
  y = 0.5;
  zoom = 1; // 1 shows all of it
  wide = 0; // CSS pixels
  high = 0;
  parts = 1; // maps side by side, or one below the other

  // The size of the whole map, and where its second part begins.
  get extent() {
    if (this.parts === 1) return { width: 1, height: 1, second: [0, 0] };
    return this.wide >= this.high
      ? { width: 2 + GAP, height: 1, second: [1 + GAP, 0] }
      : { width: 1, height: 2 + GAP, second: [0, 1 + GAP] };
  }

  // Pixels to the width of one map.
  get unit() {
    const { width, height } = this.extent;
    return this.zoom * Math.max(1, Math.min((this.wide - EDGE) / width, (this.high - EDGE) / height));
  }

  toScreen([x, y]) {
    const u = this.unit;
    return [(x - this.x) * u + this.wide / 2, (y - this.y) * u + this.high / 2];
  }

  toWorld([px, py]) {
    const u = this.unit;
    return [(px - this.wide / 2) / u + this.x, (py - this.high / 2) / u + this.y];
  }

  isNear([px, py], edge = 0) {
    return px >= edge && py >= edge && px <= this.wide - edge && py <= this.high - edge;
  }

  fit() {
    const { width, height } = this.extent;
    [this.x, this.y, this.zoom] = [width / 2, height / 2, 1];
  }

  zoomBy(factor, at = [this.wide / 2, this.high / 2]) {
    const [x, y] = this.toWorld(at);
    this.zoom = Math.min(400, Math.max(0.5, this.zoom * factor));
    const [nx, ny] = this.toWorld(at);
    this.x += x - nx;
    this.y += y - ny;
  }

  // The axes' ranges, y downwards as on the screen; and back from what plotly.js made of them.
  get ranges() {
    const [left, top] = this.toWorld([0, 0]);
    const [right, bottom] = this.toWorld([this.wide, this.high]);
    return { x: [left, right], y: [bottom, top] };
  }

  take({ x: [left, right], y: [bottom, top] }) {
    [this.x, this.y] = [(left + right) / 2, (top + bottom) / 2];
    this.zoom *= this.wide / (right - left) / this.unit;
  }
}

// Where points are: one map, or the second part of two moved beside the first.
export function worldOf(points, view, camera) {
  const xy = points.places[view];
  camera.parts = view === "raw" && points.d ? 2 : 1;
  if (camera.parts === 1) return xy;
  const [dx, dy] = camera.extent.second;
  const moved = xy.slice();
  for (let i = points.n; i < points.size; i++) {
    moved[2 * i] += dx;
    moved[2 * i + 1] += dy;
  }
  return moved;
}
