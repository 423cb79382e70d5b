// What this browser keeps for the page; one that keeps nothing (a frame may not) is fine too.

export function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch { /* gone with the page */ }
}
