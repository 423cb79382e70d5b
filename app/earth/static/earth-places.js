// Where all scenes lie, as the server's file says: int32 of 1e-7 degrees, four corners a scene.

export class Places {
  version = "";
  known = []; // numbers of the scenes whose place is known
  #values = new Int32Array(0);
  #coming = null;
  #settings;

  // settings: see `Settings` in app/earth/contract.py.
  constructor(settings) {
    this.#settings = settings;
  }

  #isKnown(number) {
    return this.#values[8 * number] !== this.#settings.unknown;
  }

  // Fetch the file that a link names, once.
  load(link, n) {
    if (link !== this.version) {
      this.version = link;
      this.#coming = fetch(link).then(async (answer) => {
        if (!answer.ok) throw new Error(await answer.text());
        this.#values = new Int32Array(await answer.arrayBuffer());
        this.known = Array.from({ length: n }, (_, i) => i).filter((i) => this.#isKnown(i));
      });
      this.#coming.catch(() => { this.version = ""; });
    }
    return this.#coming;
  }

  corners(number) {
    const at = 8 * number;
    if (!(at < this.#values.length) || !this.#isKnown(number)) return null;
    const { steps } = this.#settings;
    return [0, 2, 4, 6].map((k) => [this.#values[at + k] / steps, this.#values[at + k + 1] / steps]);
  }

  // A photograph's place is a point.
  isArea(number) {
    const [[x, y], , [x2, y2]] = this.corners(number);
    return x !== x2 || y !== y2;
  }

  centre(number) {
    const corners = this.corners(number);
    return [0, 1].map((k) => corners.reduce((sum, corner) => sum + corner[k], 0) / 4);
  }
}
