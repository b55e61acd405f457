// The board: a card is dragged, moved by key or by its menu; all three post the same move, and undo is in the toast.

const get = (id) => document.getElementById(id);
const board = () => get("board");
const query = () => get("deals-board").dataset.query;
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const listOf = (stage) => document.querySelector(`.board-cards[data-stage="${CSS.escape(stage)}"]`);
const cardOf = (deal) => get(`card-${deal}`);
const focusedCard = () => document.activeElement?.closest(".board-card");
const rtl = () => getComputedStyle(document.documentElement).direction === "rtl";
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// ── Moving ──────────────────────────────────────────────────────────────────────────────────────────────────────────
// Deal → the stage it should go on to once the answer to its last move is there.
const wanted = new Map();
let moved = "";

function show(card) {
  card.scrollIntoView({ block: "nearest", inline: "nearest", behavior: calm ? "auto" : "smooth" });
}

// The first place of a column; the focus goes along.
function put(card, stage) {
  const list = listOf(stage);
  if (!list || card.parentElement === list) return;
  const focus = card.contains(document.activeElement) ? document.activeElement : null;
  list.prepend(card);
  list.scrollTop = 0;
  focus?.focus({ preventScroll: true });
  show(card);
}

// What went wrong is said by the events of the request.
const ask = (verb, path, options) => htmx.ajax(verb, path, options).catch(() => {});
const instead = (card) => ({ source: card, target: card, swap: "outerHTML" });

function send(card, stage) {
  const { deal, version } = card.dataset;
  card.setAttribute("aria-busy", "true");
  ask("POST", `/deals/${deal}/move/`, { ...instead(card), values: { stage, version, query: query() } });
}

function move(card, stage) {
  if (card.matches(".is-fixed")) return;
  moved = card.dataset.deal;
  put(card, stage);
  if (card.getAttribute("aria-busy") === "true") wanted.set(card.dataset.deal, stage);
  else if (stage !== card.dataset.stage) send(card, stage);
}

function refresh(deal) {
  const card = cardOf(deal);
  if (!card || card.matches(".is-fixed")) return;
  ask("GET", `/deals/${deal}/move/?query=${encodeURIComponent(query())}`, instead(card));
}

// A card that came back stands where the server says, and goes on if it was sent further meanwhile.
function arrived(card) {
  const { deal, stage } = card.dataset;
  put(card, stage);
  const next = wanted.get(deal);
  wanted.delete(deal);
  if (next && next !== stage) move(card, next);
}

document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.matches?.(".board-card")) {
    const { deal } = event.detail.elt.dataset;
    // The next cards of a column may hold one that was moved there before.
    const twins = all(`[id="card-${deal}"]`);
    if (twins.length > 1) event.detail.elt.remove();
    else arrived(event.detail.elt);
  }
  if (event.detail.elt.id === "deals-board") start();
});

// Refused, forbidden or without connection: back to where it was.
document.addEventListener("htmx:afterRequest", (event) => {
  const card = event.detail.target?.closest?.(".board-card");
  if (!card) return;
  card.removeAttribute("aria-busy");
  if (event.detail.successful || [409, 422].includes(event.detail.xhr.status)) return;
  wanted.delete(card.dataset.deal);
  put(card, card.dataset.stage);
});

document.addEventListener("htmx:afterSettle", count);

// What is left of a column, and the figures of the tabs, follow the heads that the server sent.
function count() {
  for (const list of all(".board-cards")) {
    const total = Number(get(`head-${list.dataset.stage}`).dataset.count);
    const left = list.querySelector("[data-left]");
    const rest = total - all(".board-card", list).length;
    if (left && rest > 0) left.textContent = rest.toLocaleString(document.documentElement.lang);
    const tab = document.querySelector(`[data-tab="${list.dataset.stage}"] [data-tab-count]`);
    if (tab) tab.textContent = total.toLocaleString(document.documentElement.lang);
  }
}

document.addEventListener("deal-changed", (event) => {
  if (get("board-sheet")?.open) get("board-sheet").close();
  refresh(event.detail.deal);
});

let loggedAbout = "";
document.addEventListener("activity-logged", () => loggedAbout && refresh(loggedAbout));

// ── Ending a deal: the close form of its page, in a sheet ───────────────────────────────────────────────────────────
function end(card, outcome) {
  ask("GET", `/deals/${card.dataset.deal}/close/?outcome=${outcome}`, { target: "#deal-sheet", swap: "innerHTML" });
}

document.addEventListener("htmx:afterSwap", (event) => {
  const sheet = get("board-sheet");
  if (!sheet?.contains(get("deal")) || !event.detail.target.closest?.("#deal, #deal-sheet")) return;
  const saved = event.detail.requestConfig.verb !== "get" && event.detail.xhr.status < 400;
  if (!saved && !sheet.open) sheet.showModal();
});

get("board-sheet")?.addEventListener("close", () => {
  get("board-sheet").firstElementChild.innerHTML = '<div id="deal"><div id="deal-sheet"></div></div>';
});

document.addEventListener(
  "click",
  (event) => {
    // "Cancel" and "Keep theirs" of the form lead back to the deal's page; here they close the sheet.
    const away = event.target.closest("#board-sheet a[hx-get*='/part/']");
    if (!away) return;
    event.preventDefault();
    event.stopPropagation();
    const deal = away.getAttribute("hx-get").match(/\d+/)[0];
    get("board-sheet").close();
    refresh(deal);
  },
  true,
);

// ── The menu ────────────────────────────────────────────────────────────────────────────────────────────────────────
let opened = null;
const menu = get("move-menu");

function openMenu(card) {
  if (!menu?.showPopover || card.matches(".is-fixed")) return;
  opened = card.dataset.deal;
  const button = card.querySelector(".card-move");
  menu.querySelector("[data-menu-name]").textContent = card.querySelector(".card-link").textContent;
  for (const item of all("[data-to]", menu)) {
    const here = item.dataset.to === card.dataset.stage;
    item.disabled = here;
    item.toggleAttribute("aria-current", here);
    if (here) item.setAttribute("aria-current", "step");
  }
  menu.querySelector("[data-log]")?.setAttribute("data-log-deal", opened);
  button.focus({ preventScroll: true });
  menu.showPopover();
  const from = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = rtl() ? from.left : from.right - width;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${from.bottom + 4 + height > innerHeight ? Math.max(8, from.top - height - 4) : from.bottom + 4}px`;
  menu.querySelector("button:not(:disabled)").focus();
}

function closeMenu() {
  menu.hidePopover();
  return cardOf(opened);
}

document.addEventListener("click", (event) => {
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  const button = event.target.closest(".card-move");
  if (button && plain && menu?.showPopover) {
    event.preventDefault();
    if (!menu.matches(":popover-open")) openMenu(button.closest(".board-card"));
  }
  const item = event.target.closest("#move-menu button");
  if (item) {
    const card = closeMenu();
    if (item.dataset.to) {
      card.querySelector(".card-link").focus({ preventScroll: true });
      move(card, item.dataset.to);
    } else if (item.dataset.end) end(card, item.dataset.end);
    else loggedAbout = opened;
  }
  const skip = event.target.closest("[data-skip]");
  if (skip) {
    const card = skip.closest(".board-card");
    skip.closest(".card-ask").remove();
    card.querySelector(".card-link").focus();
  }
  const tab = event.target.closest("[data-tab]");
  if (tab) {
    event.preventDefault();
    goTo(get(`stage-${tab.dataset.tab}`));
  }
});

menu?.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const items = all("button:not(:disabled)", menu);
  items[(items.indexOf(document.activeElement) + by + items.length) % items.length].focus();
});

// ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────
const columns = () => all(".board-column");
const cards = (column) => all(".board-card, .board-more", column);

function focus(card) {
  if (!card) return;
  card.querySelector("a").focus({ preventScroll: true });
  show(card);
}

function roam(across, down) {
  const stops = columns().filter((column) => cards(column).length);
  const here = focusedCard() ?? document.activeElement?.closest(".board-more");
  if (!here) {
    focus(stops[0] && cards(stops[0])[0]);
    return;
  }
  const column = here.closest(".board-column");
  const at = cards(column).indexOf(here);
  if (down) {
    focus(cards(column)[at + down]);
    return;
  }
  const beside = stops[stops.indexOf(column) + across];
  if (beside) focus(cards(beside)[Math.min(at, cards(beside).length - 1)]);
}

function shift(card, by) {
  const places = columns().filter((column) => !column.matches(".is-closed"));
  const column = card.closest(".board-column");
  const at = columns().indexOf(column);
  const beyond = places.filter((each) => (by > 0 ? columns().indexOf(each) > at : columns().indexOf(each) < at));
  const next = by > 0 ? beyond[0] : beyond.at(-1);
  if (next) move(card, next.dataset.stage);
}

function command(event, card) {
  const forwards = rtl() ? "ArrowLeft" : "ArrowRight";
  const back = rtl() ? "ArrowRight" : "ArrowLeft";
  const onBoard = card || event.target.closest(".board-more");
  if (card && (event.key === "]" || (event.shiftKey && event.key === forwards))) return () => shift(card, 1);
  if (card && (event.key === "[" || (event.shiftKey && event.key === back))) return () => shift(card, -1);
  if (event.shiftKey) return null;
  if (event.key === "j" || (onBoard && event.key === "ArrowDown")) return () => roam(0, 1);
  if (event.key === "k" || (onBoard && event.key === "ArrowUp")) return () => roam(0, -1);
  if (onBoard && event.key === forwards) return () => roam(1, 0);
  if (onBoard && event.key === back) return () => roam(-1, 0);
  if (card && event.key === "m") return () => openMenu(card);
  if (card && event.key === "l" && menu?.querySelector("[data-log]")) {
    return () => {
      const log = menu.querySelector("[data-log]");
      log.setAttribute("data-log-deal", card.dataset.deal);
      loggedAbout = card.dataset.deal;
      opened = card.dataset.deal;
      log.click();
    };
  }
  return null;
}

// Before the keys that every page has: J and K walk the cards here.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !board()) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog, [popover], .card-ask")) return;
    if (document.querySelector("dialog[open]")) return;
    const act = command(event, focusedCard());
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  },
  true,
);

// ── Dragging ────────────────────────────────────────────────────────────────────────────────────────────────────────
function drag() {
  if (!window.Sortable || !get("board-drops")) return;
  const options = {
    animation: calm ? 0 : 120,
    forceFallback: true,
    fallbackOnBody: true,
    fallbackTolerance: 5,
    delay: 180,
    delayOnTouchOnly: true,
    touchStartThreshold: 6,
    scrollSensitivity: 70,
    scrollSpeed: 14,
  };
  for (const list of all(".board-cards")) {
    window.Sortable.create(list, {
      ...options,
      group: { name: "deals", put: !list.closest(".is-closed") },
      sort: false,
      draggable: ".board-card",
      filter: ".is-fixed, .card-ask",
      preventOnFilter: false,
      ghostClass: "is-place",
      fallbackClass: "is-lifted",
      onStart: () => document.documentElement.classList.add("is-dragging"),
      onEnd: dropped,
    });
  }
  for (const list of all("#board-drops ol")) {
    if (window.Sortable.get(list)) continue;
    window.Sortable.create(list, { group: { name: "deals", pull: false }, draggable: ".board-card", ghostClass: "is-place" });
  }
}

// Where the hand let go counts: after a quick move the placeholder may lag behind.
function under({ clientX, clientY }) {
  for (const element of document.elementsFromPoint(clientX, clientY)) {
    const found = element.closest("#board-drops ol, .board-column");
    if (found) return found.matches(".board-column") ? found.querySelector(".board-cards") : found;
  }
  return null;
}

function dropped({ item, from, to, oldIndex, originalEvent }) {
  const over = under(originalEvent.changedTouches?.[0] ?? originalEvent) ?? to;
  const goal = over.closest(".is-closed") ? from : over;
  document.documentElement.classList.remove("is-dragging");
  if (goal === from || goal.dataset.end) from.insertBefore(item, from.children[oldIndex] ?? null);
  if (goal.dataset.end) end(item, goal.dataset.end);
  else if (goal !== from) move(item, goal.dataset.stage);
}

// ── One column at a time on a phone ─────────────────────────────────────────────────────────────────────────────────
function goTo(column) {
  board().scrollTo({ left: column.offsetLeft - board().offsetLeft, behavior: calm ? "auto" : "smooth" });
}

function watch() {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const tab = document.querySelector(`[data-tab="${target.dataset.stage}"]`);
        tab.toggleAttribute("aria-current", isIntersecting);
        if (!isIntersecting) continue;
        tab.setAttribute("aria-current", "true");
        const line = tab.parentElement;
        line.scrollLeft = tab.offsetLeft - line.offsetLeft - (line.clientWidth - tab.offsetWidth) / 2;
      }
    },
    { root: board(), threshold: 0.6 },
  );
  columns().forEach((column) => seen.observe(column));
}

// ── Coming back: the same place, the same card ──────────────────────────────────────────────────────────────────────
// Undo is pressed in a toast: the card that it brings back has the focus then.
let undone = "";
document.addEventListener("submit", (event) => {
  if (event.target.closest("#toasts")) undone = moved;
});

function remember() {
  if (!board()) return;
  const tops = Object.fromEntries(all(".board-cards").map((list) => [list.dataset.stage, list.scrollTop]));
  const deal = undone || focusedCard()?.dataset.deal;
  sessionStorage.setItem("board", JSON.stringify({ search: location.search, left: board().scrollLeft, tops, deal }));
}

function restore() {
  const kept = JSON.parse(sessionStorage.getItem("board") || "null");
  sessionStorage.removeItem("board");
  if (!kept || kept.search !== location.search) return;
  board().scrollLeft = kept.left;
  for (const [stage, top] of Object.entries(kept.tops)) if (listOf(stage)) listOf(stage).scrollTop = top;
  const card = kept.deal && cardOf(kept.deal);
  if (card) focus(card);
}

window.addEventListener("pagehide", remember);

function start() {
  if (!board()) return;
  drag();
  watch();
}

start();
if (board()) restore();
