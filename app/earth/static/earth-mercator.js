// The map's projection: where a view ends, how to bring places into it, how long a metre is.
const WORLD = 512; // pixels around the Earth at zoom 0
const AROUND = 40_075_016.686; // metres around the equator
const MOST_ZOOM = 18;

const y = (latitude) => {
  const s = Math.sin((Math.max(-85, Math.min(85, latitude)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
};
const latitudeOf = (at) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * at))) * 180) / Math.PI;

// The camera {lon, lat, zoom} that shows points [[lon, lat], ...] in so many pixels.
export function cameraOn(points, wide, high) {
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  const [west, east] = [Math.min(...lons), Math.max(...lons)];
  const [top, bottom] = [y(Math.max(...lats)), y(Math.min(...lats))];
  const across = Math.max((east - west) / 360, 1e-9);
  const down = Math.max(bottom - top, 1e-9);
  const room = 0.8; // of the view, so that nothing touches its edge
  const zoom = Math.log2(Math.min((wide * room) / (WORLD * across), (high * room) / (WORLD * down)));
  return {
    lon: (west + east) / 2, lat: latitudeOf((top + bottom) / 2),
    zoom: Math.max(0, Math.min(MOST_ZOOM, zoom)),
  };
}

// The edges of what a camera shows: [west, south, east, north].
export function edgesOf({ lon, lat, zoom }, wide, high) {
  const whole = WORLD * 2 ** zoom;
  const half = (wide / whole / 2) * 360;
  const middle = y(lat);
  const [south, north] = [1, -1].map((sign) => latitudeOf(middle + (sign * high) / whole / 2));
  return [lon - half, south, lon + half, north];
}

const metresPerPixel = ({ lat, zoom }) =>
  (AROUND * Math.cos((lat * Math.PI) / 180)) / (WORLD * 2 ** zoom);

// A round length of at most so many pixels: {metres, pixels}.
export function scaleOf(camera, most) {
  const metre = metresPerPixel(camera);
  const power = 10 ** Math.floor(Math.log10(metre * most));
  const metres = [5, 2, 1].map((n) => n * power).find((n) => n <= metre * most);
  return { metres, pixels: metres / metre };
}
