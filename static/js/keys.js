// The keyboard: never while typing, never over an open dialog.

const ROWS = "table.rows tbody tr, .list-rows > li, .needs > li";
let waitsForPage = 0;

const ask = (name) => document.dispatchEvent(new CustomEvent(name));

function typing(element) {
  return element.closest("input, textarea, select, [contenteditable=true], [role=listbox]") !== null;
}

function move(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.querySelector("a, button") && row.offsetParent);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  const link = next.querySelector("a, button");
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function goTo(key) {
  const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (link) location.assign(link.href);
}

const COMMANDS = {
  "/": () => ask("open-palette"),
  "?": () => ask("open-help"),
  l: () => ask("open-log"),
  j: () => move(1),
  k: () => move(-1),
  g: () => {
    waitsForPage = Date.now();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() === "k") {
      event.preventDefault();
      ask("open-palette");
    } else if (event.key === "Enter") {
      const form = event.target.closest("form");
      if (!form) return;
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (waitsForPage && Date.now() - waitsForPage < 1500) {
    waitsForPage = 0;
    goTo(event.key.toLowerCase());
    return;
  }
  const command = COMMANDS[event.key.toLowerCase()];
  if (!command) return;
  event.preventDefault();
  command();
});

// The pages of the rail that have a key, written into the help when it is first asked for.
function listPages() {
  const list = document.querySelector("[data-go-words]");
  if (!list || list.querySelector("[data-page]")) return;
  if (!document.body.dataset.logUrl) list.querySelectorAll(":scope > :nth-child(n + 3):nth-child(-n + 4)").forEach((each) => each.remove());
  const first = list.querySelector("dd");
  for (const link of [...document.querySelectorAll("[data-go]")].reverse()) {
    const keys = document.createElement("dt");
    const words = document.createElement("dd");
    keys.dataset.page = "";
    for (const key of ["G", link.dataset.go.toUpperCase()]) keys.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    words.textContent = `${list.dataset.goWords} ${link.title}`;
    first.after(keys, words);
  }
}

document.addEventListener("open-help", listPages);
document.addEventListener("click", (event) => {
  if (event.target.closest('[data-open="#help"]')) listPages();
});

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("kbd[data-mod]")) key.textContent = `⌘ ${key.dataset.mod}`;
}
