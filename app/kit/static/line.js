// Where a question stands while the page is busy, told once a second, and a way out of the line.
import { el, say } from "./dom.js";

const FIRST = 1000; // milliseconds after which a place is asked for, and between two times

// A name for a question, by which the server finds it in its line; nobody can guess another's.
export const newTicket = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

// Give `follow(ticket, waits, left)`: while waits() holds, its place is shown; left() is called when
// the person gives up.
export function placeInLine(words) {
  const place = el("span");
  const leave = el("button", { type: "button", class: "quiet-button" }, words.give_up);
  const box = el("p", { class: "place-in-line", role: "status", hidden: true }, place, " ", leave);
  document.body.append(box);
  let last = "";

  async function look(ticket, waits, left) {
    let number = 0;
    if (waits()) {
      const answer = await fetch(`line/${ticket}`).catch(() => null);
      if (answer?.ok) number = (await answer.json()).place;
    }
    if (ticket !== last) return; // another question has been asked since
    box.hidden = number === 0 || !waits();
    if (!waits()) return;
    place.textContent = say(words.busy, { n: number });
    leave.onclick = () => {
      fetch(`line/${ticket}`, { method: "POST" }).catch(() => null);
      box.hidden = true;
      left();
    };
    setTimeout(look, FIRST, ticket, waits, left);
  }

  return (ticket, waits, left) => {
    last = ticket;
    setTimeout(look, FIRST, ticket, waits, left);
  };
}
