// Files on their way to the server: what was dropped or chosen, in slices, one after the other.

// Every file below what was dropped, with its path: [{name, file}].
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return chosen(transfer.files);
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  return found;
}

export const chosen = (files) =>
  [...files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));

async function walk(entry, path, found) {
  const name = path + entry.name;
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed)).catch(() => null);
    if (file) found.push({ name, file });
    return;
  }
  const reader = entry.createReader();
  for (;;) { // a browser gives a folder's entries a hundred at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed)).catch(() => []);
    if (!some.length) return;
    for (const one of some) await walk(one, `${name}/`, found);
  }
}

export async function ask(what, body) {
  const answer = await fetch(`add/${what}`, body === undefined ? {} : { method: "POST", body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// Send files; tell(sent) after each slice. Gives what is left where stopped() holds: files, of the
// first one from `at` on. Throws what is refused.
export async function send(files, { slice, tell, stopped }) {
  let sent = 0;
  for (const [i, { name, file, at: from = 0 }] of files.entries()) {
    let at = from;
    do {
      if (stopped()) return [{ name, file, at }, ...files.slice(i + 1)];
      const part = file.slice(at, at + slice);
      await ask(`file?${new URLSearchParams({ name, at })}`, part);
      at += part.size;
      sent += part.size;
      tell(sent);
    } while (at < file.size);
  }
  return [];
}
