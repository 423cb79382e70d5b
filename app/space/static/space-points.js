// The points of the map: fetched once for an index, and what is known of each.
// A point's number: pictures first, by their numbers, then the distinct captions.

async function get(url, kind) {
  const answer = await fetch(url, { headers: { Accept: "*/*" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer[kind]();
}

export class Points {
  version = ""; // of the files that are here or on their way
  n = 0; // pictures
  d = 0; // distinct captions
  places = {}; // view -> Float32Array of x, y in 0..1 of its box, y downwards
  names = null; // {ids, versions, classes, class_of, captions, pairs: caption, image, caption, ...,
  // middles: view -> the picture at which each class is named}
  hubness = null; // in how many first tens
  hubLevel = null; // against the mean of its modality, 0 to 4
  ownRank = null; // 0: not known
  first = null; // of its ranking, -1: none
  captionsOf = []; // by picture: points
  imagesOf = []; // by caption from 0: pictures

  get size() {
    return this.n + this.d;
  }

  // Fetch what another index needs. The map can be moved as soon as the places are there, and used
  // as soon as the names are; the figures of many points take the server longer.
  async load({ files, images, captions, views, second }, { placed, named, counted }) {
    if (this.version === files.places) return;
    [this.version, this.n, this.d] = [files.places, images, captions];
    this.names = this.hubness = this.hubLevel = this.ownRank = this.first = null;
    const [names, figures] = [get(files.names, "json"), get(files.figures, "arrayBuffer")];
    for (const one of [names, figures]) one.catch(() => {});
    try {
      this.#readPlaces(views, second, new Uint16Array(await get(files.places, "arrayBuffer")));
      await placed();
      this.#readNames(await names);
      named();
      this.#readFigures(new Uint32Array(await figures));
      counted();
    } catch (error) {
      this.version = "";
      throw error;
    }
  }

  #readPlaces(views, second, all) {
    let at = 0;
    this.places = {};
    const own = views.filter((view) => view.there).map(({ name }) => [name, this.size]);
    const others = (second?.views || []).map((name) => [name, second.points]);
    for (const [name, count] of [...own, ...others]) {
      const xy = new Float32Array(2 * count);
      for (let i = 0; i < xy.length; i += 2) {
        xy[i] = all[at + i] / 65535;
        xy[i + 1] = 1 - all[at + i + 1] / 65535;
      }
      at += xy.length;
      this.places[name] = xy;
    }
  }

  #readNames(names) {
    this.names = names;
    this.captionsOf = Array.from({ length: this.n }, () => []);
    this.imagesOf = Array.from({ length: this.d }, () => []);
    for (let i = 0; i < names.pairs.length; i += 2) {
      this.imagesOf[names.pairs[i]].push(names.pairs[i + 1]);
      this.captionsOf[names.pairs[i + 1]].push(this.n + names.pairs[i]);
    }
  }

  #readFigures(all) {
    const part = (k) => all.subarray(k * this.size, (k + 1) * this.size);
    this.hubness = Float32Array.from(part(0), (tenths) => tenths / 10);
    this.ownRank = part(1);
    this.first = Int32Array.from(part(2), (one) => one - 1);
    this.hubLevel = part(3);
  }

  isImage(i) {
    return i < this.n;
  }

  title(i) {
    if (!this.names) return "";
    if (!this.isImage(i)) return this.names.captions[i - this.n];
    const file = this.names.ids[i].split("/").pop();
    return file.replace(/\.[^.]+$/, "") || file;
  }

  thumbnail(i) {
    return `scenes/${i}/thumbnail?v=${this.names.versions[i]}`;
  }

  // What became of a picture's file since the gallery was prepared, as one word.
  fileState(i) {
    return get(`scenes/${i}/state?v=${this.names.versions[i]}`, "text").catch(() => "");
  }

  sceneOf(i) {
    return this.isImage(i) ? i : this.imagesOf[i - this.n][0] ?? -1;
  }

  classNumber(i) {
    const scene = this.sceneOf(i);
    return scene < 0 ? -1 : this.names.class_of[scene];
  }

  className(i) {
    return this.names.classes[this.classNumber(i)] || "";
  }

  // A point's own: the captions of a picture, the pictures of a caption; and its first hit.
  ownOf(i) {
    return this.isImage(i) ? this.captionsOf[i] : this.imagesOf[i - this.n];
  }

  firstOf(i) {
    const first = this.first ? this.first[i] : -1;
    return first < 0 ? -1 : this.isImage(i) && this.d ? this.n + first : first;
  }

  // The pictures of some points: themselves, and those that the captions among them describe.
  scenesOf(numbers) {
    const all = numbers.flatMap((i) => (this.isImage(i) ? [i] : this.imagesOf[i - this.n]));
    return [...new Set(all)].sort((a, b) => a - b);
  }

  // In how many first tens a point is, and its rank among its own, for a table's cells.
  firstTens(i) {
    return this.hubness ? Math.round(10 * this.hubness[i]) / 10 : "";
  }

  rankOfOwn(i) {
    return (this.ownRank && this.ownRank[i]) || "";
  }
}
