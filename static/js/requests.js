// What surrounds every htmx request: the token, the line at the top, and words when an answer does not come.

const UNSAFE = /^(post|put|patch|delete)$/i;
const busy = document.getElementById("busy");
let running = 0;
let timer = 0;

function token(element) {
  // The form's own token first: it is as fresh as the fragment that holds it.
  const field = element.closest("form")?.querySelector("[name=csrfmiddlewaretoken]");
  return field?.value || document.querySelector("meta[name=csrf-token]")?.content || "";
}

function say(text, state = "error") {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, state } }));
}

document.addEventListener("htmx:configRequest", (event) => {
  if (UNSAFE.test(event.detail.verb)) event.detail.headers["X-CSRFToken"] = token(event.detail.elt);
});

document.addEventListener("htmx:beforeRequest", () => {
  running += 1;
  // Quick answers show no line, so that the page stays calm.
  timer ||= window.setTimeout(() => busy?.classList.add("is-on"), 180);
});

document.addEventListener("htmx:afterRequest", () => {
  running = Math.max(0, running - 1);
  if (running) return;
  window.clearTimeout(timer);
  timer = 0;
  busy?.classList.remove("is-on");
});

// The server's word for a token that is no longer good (signed in again elsewhere): say so, keep what was typed.
document.addEventListener("stale-page", () => {
  const note = document.getElementById("stale");
  note?.removeAttribute("hidden");
  // Over an open dialog the note cannot be reached; its words can.
  if (note && document.querySelector("dialog[open]")) say(note.querySelector("span").textContent);
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const words = document.getElementById("request-words")?.dataset || {};
  if (xhr.getResponseHeader("HX-Trigger") === "stale-page") return;
  if (xhr.status === 403) say(words.forbidden);
  else if (xhr.status === 404) say(words.missing);
  else if (xhr.status === 429) say(words.slow);
  else if (xhr.status !== 401) say(words.failed);
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => say(document.getElementById("request-words")?.dataset.offline));
}

function showConnection() {
  document.getElementById("offline")?.toggleAttribute("hidden", navigator.onLine);
}

window.addEventListener("online", showConnection);
window.addEventListener("offline", showConnection);
showConnection();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-reload]")) location.reload();
});
