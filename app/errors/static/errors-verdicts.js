// What a person has judged of errors: it stays in this browser, under the index and the checkpoint
// that it is of.
import { keep, recall } from "../../kit/static/kept.js";

const store = (version) => "explorer-verdicts:" + version;

// {case: verdict}; names: the verdicts that there are.
export function verdicts(version, names) {
  try {
    const kept = JSON.parse(recall(store(version)) || "{}");
    return Object.fromEntries(Object.entries(kept).filter(([, said]) => names.includes(said)));
  } catch {
    return {}; // something else wrote there
  }
}

// The same verdict a second time takes it back.
export function judge(version, names, key, said) {
  const kept = verdicts(version, names);
  if (kept[key] === said) delete kept[key];
  else kept[key] = said;
  keep(store(version), JSON.stringify(kept));
}

export const forget = (version) => keep(store(version), "{}");
