// Gradio's form to sign in says nothing where the server makes someone wait: shown is its sentence.
const asked = window.fetch;

function tell(sentence) {
  document.getElementById("door-waits")?.remove();
  if (!sentence) return;
  const shown = document.createElement("p");
  shown.id = "door-waits";
  shown.setAttribute("role", "alert");
  shown.textContent = sentence;
  document.querySelector("h2")?.after(shown);
}

window.fetch = async (...given) => {
  const answer = await asked(...given);
  if (new URL(answer.url || "/", document.baseURI).pathname.endsWith("/login")) {
    tell(answer.status === 429 && await answer.clone().text());
  }
  return answer;
};
