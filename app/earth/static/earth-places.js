// Where all scenes lie, as the server's file says: int32 of 1e-7 degrees, four corners a scene.
const UNKNOWN = -(2 ** 31);
const STEPS = 1e7;

export class Places {
  version = "";
  known = []; // numbers of the scenes whose place is known
  #values = new Int32Array(0);
  #coming = null;

  // Fetch the file that a link names, once.
  load(link, n) {
    if (link !== this.version) {
      this.version = link;
      this.#coming = fetch(link).then(async (answer) => {
        if (!answer.ok) throw new Error(await answer.text());
        this.#values = new Int32Array(await answer.arrayBuffer());
        this.known = Array.from({ length: n }, (_, i) => i).filter((i) => this.#values[8 * i] !== UNKNOWN);
      });
      this.#coming.catch(() => { this.version = ""; });
    }
    return this.#coming;
  }

  corners(number) {
    const at = 8 * number;
    if (!(at < this.#values.length) || this.#values[at] === UNKNOWN) return null;
    return [0, 2, 4, 6].map((k) => [this.#values[at + k] / STEPS, this.#values[at + k + 1] / STEPS]);
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
