// The grid of quotas: cells one walks by keys, a block pasted from a spreadsheet, undo. What a text means is read by the server
// alone: every change is sent to be checked, and what comes back is shown. Nothing here knows what a number is.

const form = document.getElementById("quotas");
const grid = document.getElementById("quota-grid");
const typed = new Map(); // cell → text that differs from what stands there
const kept = new Map(); // cell → text that somebody looked at and wants as it is
const history = []; // what to put back: [{ paste, before: [[cell, text], …] }]
let editing = false; // a cell is being written in, so that ← and → move the caret
let atFocus = ""; // what the cell held when it was entered
let here = ""; // the last cell entered
let anchor = null; // where a range began
let lastPaste = null;
let asked = 0;
let changes = 0; // how often a text changed: an answer to older texts says nothing of the present ones
let timer = 0;
let leaving = false;

const cellOf = (key) => grid.querySelector(`input[name="${CSS.escape(key)}"]`);
const shownOf = (input) => input.dataset.shown ?? input.defaultValue;
const isCell = (element) => element instanceof HTMLInputElement && element.closest("#quota-grid") !== null;

function say(text, state = "error") {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, state } }));
}

// ── What is typed ───────────────────────────────────────────────────────────────────────────────────────────────────
function remember(input) {
  changes += 1;
  if (input.value.trim() === shownOf(input)) typed.delete(input.name);
  else typed.set(input.name, input.value);
}

function put(cells, { paste = false } = {}) {
  const before = cells.map(([key]) => [key, cellOf(key)?.value ?? ""]);
  history.push({ paste, before });
  for (const [key, text] of cells) {
    const input = cellOf(key);
    if (!input) continue;
    input.value = text;
    remember(input);
  }
}

function commit(input) {
  editing = false;
  if (input.value === atFocus) return;
  history.push({ paste: false, before: [[input.name, atFocus]] });
  atFocus = input.value;
  remember(input);
  check();
}

function back() {
  const step = history.pop();
  if (!step) return;
  restore(step);
  if (step.paste) lastPaste = null;
  check();
}

// The last block pasted comes out again; what was typed elsewhere since stays.
function takeOut() {
  const at = history.findLastIndex((step) => step.paste);
  if (at < 0) return;
  restore(history[at]);
  history.splice(at, 1);
}

function restore({ before }) {
  for (const [key, text] of before) {
    const input = cellOf(key);
    if (!input) continue;
    input.value = text;
    if (document.activeElement === input) atFocus = text;
    remember(input);
  }
}

// ── What the server reads ───────────────────────────────────────────────────────────────────────────────────────────
function check(wait = 150) {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => send({}), wait);
}

async function send(extra) {
  window.clearTimeout(timer);
  asked += 1;
  const mine = asked;
  const asOf = changes;
  const body = new URLSearchParams({ typed: JSON.stringify(Object.fromEntries(typed)), kept: JSON.stringify(Object.fromEntries(kept)), ...extra });
  if (lastPaste?.count && !("paste" in extra)) {
    body.set("pasted", lastPaste.count);
    body.set("said", JSON.stringify(lastPaste.said));
  }
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.check, { method: "POST", body, headers: { "X-CSRFToken": token } });
    const found = await answer.json();
    if (found.error) {
      say(found.error, "warning");
      return false;
    }
    if ("paste" in extra) Object.assign(lastPaste, { count: found.added.length, said: found.said });
    if (found.added.length) {
      put(found.added.map((key) => [key, found.cells[key]?.typed ?? shownOf(cellOf(key))]), { paste: "paste" in extra });
    } else if (mine !== asked || asOf !== changes) return true;
    show(found);
    return true;
  } catch {
    say(form.dataset.wordsFailed);
    return false;
  } finally {
    if (mine === asked) form.removeAttribute("aria-busy");
  }
}

function show(found) {
  for (const input of grid.querySelectorAll("td input")) {
    const cell = input.parentElement;
    const told = found.cells[input.name];
    const busy = document.activeElement === input && editing;
    if (told) {
      cell.dataset.state = told.state;
      if (!busy) {
        if (input.value !== told.text) input.value = told.text;
        if (document.activeElement === input) atFocus = told.text;
        typed.set(input.name, told.text);
        if (kept.get(input.name) === told.typed) kept.set(input.name, told.text);
      }
      cell.lastElementChild.textContent = told.short;
      if (told.note) input.title = told.note;
      else input.removeAttribute("title");
      input.toggleAttribute("aria-invalid", /^un(read|clear)$/.test(told.state));
    } else if (cell.dataset.state) {
      delete cell.dataset.state;
      input.removeAttribute("title");
      input.removeAttribute("aria-invalid");
    }
    if (!told && !busy) cell.lastElementChild.textContent = cell.dataset.short;
  }
  for (const [row, year] of Object.entries(found.years)) {
    const cell = grid.querySelector(`[data-year="${row}"]`);
    cell.textContent = year.text;
    cell.title = year.title;
    cell.toggleAttribute("data-without", year.without > 0);
  }
  for (const [name, html] of Object.entries(found.parts)) {
    document.getElementById(`quota-${name}`).innerHTML = html;
  }
  for (const button of document.querySelectorAll("[data-quota-save]")) button.textContent = found.save.words;
}

async function paste(text, at, scale = "") {
  lastPaste = { text, at };
  return send({ paste: text, at, ...(scale && { scale }) });
}

// ── Walking ─────────────────────────────────────────────────────────────────────────────────────────────────────────
const rows = () => [...grid.querySelectorAll("tr")].filter((row) => row.querySelector("td input"));

function place(input) {
  const cell = input.parentElement;
  return { row: rows().indexOf(cell.parentElement), column: cell.cellIndex };
}

function at(row, column) {
  return rows()[row]?.cells[column]?.querySelector("input") ?? null;
}

function step(input, down, right) {
  let { row, column } = place(input);
  // Closed cells are stepped over.
  for (let tries = 0; tries < 200; tries += 1) {
    row += down;
    column += right;
    if (row < 0 || row >= rows().length || column < 1 || column > 12) return null;
    const found = at(row, column);
    if (found) return found;
  }
  return null;
}

function enter(input) {
  if (!input) return;
  input.focus();
  input.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function range() {
  const focused = isCell(document.activeElement) ? document.activeElement : cellOf(here);
  if (!focused) return [];
  if (!anchor || anchor === focused) return [[focused]];
  const [from, to] = [place(anchor), place(focused)];
  const lines = [];
  for (let row = Math.min(from.row, to.row); row <= Math.max(from.row, to.row); row += 1) {
    const line = [];
    for (let column = Math.min(from.column, to.column); column <= Math.max(from.column, to.column); column += 1) line.push(at(row, column));
    lines.push(line);
  }
  return lines;
}

function paint() {
  for (const cell of grid.querySelectorAll(".is-chosen")) cell.classList.remove("is-chosen");
  const lines = range();
  if (lines.flat().length < 2) return;
  for (const input of lines.flat()) input?.parentElement.classList.add("is-chosen");
}

function forget() {
  anchor = null;
  paint();
}

function fillDown(input) {
  const lines = range();
  const cells = [];
  if (lines.length > 1) {
    for (const line of lines.slice(1)) line.forEach((each, column) => each && lines[0][column] && cells.push([each.name, lines[0][column].value]));
  } else {
    for (const each of lines[0]) {
      const above = each && step(each, -1, 0);
      if (above) cells.push([each.name, above.value]);
    }
  }
  if (!cells.length) return;
  put(cells);
  atFocus = input.value;
  check(0);
}

function nextLook() {
  const waiting = [...grid.querySelectorAll("[data-state]:is([data-state=unread], [data-state=unclear], [data-state=unusual], [data-state=conflict]) input")];
  const now = waiting.findIndex((input) => input.name === here);
  enter(waiting[(now + 1) % waiting.length]);
}

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function onKey(event) {
  const input = event.target;
  if (!isCell(input) || event.isComposing || event.altKey) return;
  const mod = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (mod && key === "d") {
    event.preventDefault();
    fillDown(input);
  } else if (mod && key === "z" && !editing) {
    event.preventDefault();
    back();
    input.select();
  } else if (mod && key === "Enter") commit(input);
  else if (mod) return;
  else if (key === "Enter") {
    event.preventDefault();
    commit(input);
    forget();
    enter(step(input, event.shiftKey ? -1 : 1, 0));
  } else if (key === "Escape") {
    if (editing) {
      input.value = atFocus;
      editing = false;
      input.select();
    }
    forget();
  } else if (key === "F2") {
    editing = true;
    input.setSelectionRange(input.value.length, input.value.length);
  } else if (MOVES[key] && !(editing && MOVES[key][1])) {
    event.preventDefault();
    commit(input);
    if (event.shiftKey) anchor ??= input;
    else anchor = null;
    enter(step(input, ...MOVES[key]));
    paint();
  } else if (/^(Delete|Backspace)$/.test(key) && !editing && range().flat().length > 1) {
    event.preventDefault();
    put(range().flat().filter(Boolean).map((each) => [each.name, ""]));
    atFocus = input.value;
    check(0);
  }
}

// ── Pressing ────────────────────────────────────────────────────────────────────────────────────────────────────────
async function onClick(event) {
  const pressed = event.target.closest("[data-next-look], [data-undo-paste], [data-scale], [data-use], [data-keep], [data-goto], [data-cell-history]");
  if (!pressed) return;
  const { use, keep, goto, scale, text, cellHistory } = pressed.dataset;
  if ("nextLook" in pressed.dataset) nextLook();
  else if ("undoPaste" in pressed.dataset) {
    takeOut();
    lastPaste = null;
    say(form.dataset.wordsUndone, "info");
    check(0);
  } else if (scale && lastPaste) {
    const again = lastPaste;
    takeOut();
    await paste(again.text, again.at, scale);
  } else if (use) {
    put([[use, text]]);
    await send({});
    enter(cellOf(use));
  } else if (keep) {
    kept.set(keep, typed.get(keep) ?? "");
    await send({});
  } else if (cellHistory) {
    const [, row, month] = here.match(/^(\w+)-(\d{4}-\d{2})$/) ?? [];
    htmx.ajax("GET", row ? `${cellHistory}&row=${row}&month=${month}` : cellHistory, { target: "#panel-body", swap: "innerHTML" });
  } else if (goto) {
    event.preventDefault();
    enter(cellOf(goto));
  }
}

async function onTool(event) {
  const tool = event.target.closest?.("form[data-quota-tool]");
  if (!tool) return;
  event.preventDefault();
  event.stopPropagation();
  const fields = Object.fromEntries(new FormData(tool));
  if (fields.paste !== undefined) lastPaste = { text: fields.paste, at: here || fields.at };
  const { csrfmiddlewaretoken: _token, ...rest } = fields;
  if (await send("paste" in rest ? { paste: rest.paste, at: here || rest.at } : rest)) document.dispatchEvent(new CustomEvent("close-panel"));
}

function onSubmit() {
  if (isCell(document.activeElement)) commit(document.activeElement);
  window.clearTimeout(timer);
  leaving = true;
  for (const [name, map] of [["typed", typed], ["kept", kept]]) {
    const field = form.querySelector(`input[name=${name}]`) ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    field.value = JSON.stringify(Object.fromEntries(map));
  }
  for (const input of grid.querySelectorAll("td input")) input.disabled = true;
}

function onPaste(event) {
  const target = event.target;
  const cell = isCell(target) ? target : null;
  if (!cell && target.closest?.("input, textarea, select, dialog")) return;
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!text.trim() || (cell && editing && !/[\t\n;]/.test(text.trim()))) return;
  event.preventDefault();
  editing = false;
  paste(text, cell?.name || here || grid.querySelector("td input")?.name || "");
}

function start() {
  grid.classList.add("is-live");
  for (const input of grid.querySelectorAll("td input")) {
    // What the cell shows when nothing is typed: kept apart, since the one shown now may be of a text still unsaved.
    input.parentElement.dataset.short = input.dataset.shown === undefined ? input.nextElementSibling.textContent : input.dataset.shown;
    if (input.dataset.shown !== undefined) typed.set(input.name, input.value);
  }
  grid.addEventListener("focusin", (event) => {
    if (!isCell(event.target)) return;
    editing = false;
    here = event.target.name;
    atFocus = event.target.value;
    event.target.select();
  });
  grid.addEventListener("focusout", (event) => isCell(event.target) && commit(event.target));
  grid.addEventListener("input", (event) => {
    if (isCell(event.target)) editing = true;
  });
  grid.addEventListener("mousedown", (event) => {
    const cell = event.target.closest("td.qc")?.querySelector("input");
    if (!cell) return;
    if (event.shiftKey && cellOf(here)) {
      event.preventDefault();
      anchor ??= cellOf(here);
      enter(cell);
      paint();
      return;
    }
    if (document.activeElement === cell) editing = true;
    else if (anchor) forget();
  });
  grid.addEventListener("keydown", onKey);
  grid.addEventListener("copy", (event) => {
    const lines = range();
    if (editing || lines.flat().length < 2) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", lines.map((line) => line.map((input) => input?.value ?? "").join("\t")).join("\n"));
  });
  document.addEventListener("paste", onPaste);
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onTool, true);
  form.addEventListener("submit", onSubmit);
  window.addEventListener("beforeunload", (event) => {
    if (typed.size && !leaving) event.preventDefault();
  });
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  // A finger would get a keyboard it did not ask for.
  if (matchMedia("(hover: hover)").matches && !location.hash) grid.querySelector("td input")?.focus({ preventScroll: true });
}

if (form && grid) start();
