// Side panel, log sheet, search and help are <dialog>s: the browser traps focus, closes on Esc and gives focus back.

const get = (id) => document.getElementById(id);

function open(dialog) {
  if (dialog.open) return;
  closeMenus();
  dialog.showModal();
}

function close(dialog) {
  dialog.close();
}

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    document.dispatchEvent(new CustomEvent("dialog-closed", { detail: { id: dialog.id } }));
    if (dialog.id === "panel") get("panel-body").replaceChildren();
    if (dialog.id === "log") get("log-body").replaceChildren();
  });
  // The dialog itself is hit only outside its content box, on the scrim or an edge.
  dialog.addEventListener("mousedown", (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) close(dialog);
  });
}

// The panel opens when its answer has arrived, titled by [data-panel-title] in it and linked to its own page.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "panel-body") return;
  const title = get("panel-body").querySelector("[data-panel-title]");
  if (title) get("panel-title").textContent = title.dataset.panelTitle;
  if (event.detail.requestConfig.verb === "get") get("panel-link").href = event.detail.pathInfo.finalRequestPath;
  get("panel-body").scrollTop = 0;
  open(get("panel"));
});

function openLog(trigger) {
  const url = new URL(trigger?.href || document.body.dataset.logUrl, location.origin);
  // The button of the page itself says what the open page is about; the one in the frame, the key and the thumb do not.
  const says = (element) => element?.matches("[data-log-deal], [data-log-account], [data-log-lead]");
  const from = says(trigger) ? trigger : (document.querySelector(".page-end [data-log]") ?? trigger);
  for (const name of ["deal", "account", "lead", "contact", "channel"]) {
    const value = trigger?.getAttribute(`data-log-${name}`) ?? from?.getAttribute(`data-log-${name}`);
    if (value) url.searchParams.set(name, value);
  }
  for (const dialog of document.querySelectorAll("dialog[open]")) close(dialog);
  htmx.ajax("GET", url.pathname + url.search, { target: "#log-body", swap: "innerHTML" });
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "log-body" && get("log-body").childElementCount) open(get("log"));
});

function openPalette() {
  const dialog = get("palette");
  if (!dialog) return;
  open(dialog);
  const input = get("palette-q");
  input.select();
  input.dispatchEvent(new CustomEvent("palette-open"));
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const target = event.target;
  closeMenus(target.closest("details.menu"));
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  const log = target.closest("[data-log]");
  const palette = target.closest("[data-palette]");
  if (log && plain && document.body.dataset.logUrl) {
    event.preventDefault();
    openLog(log);
  } else if (palette && plain) {
    event.preventDefault();
    openPalette();
  } else if (target.closest("[data-close]")) {
    close(target.closest("dialog"));
  } else if (target.closest("[data-open]")) {
    open(document.querySelector(target.closest("[data-open]").dataset.open));
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Other scripts and the server (HX-Trigger "close-panel", "close-log") ask by event.
document.addEventListener("open-palette", openPalette);
document.addEventListener("open-log", () => document.body.dataset.logUrl && openLog(null));
document.addEventListener("open-help", () => open(get("help")));
document.addEventListener("close-panel", () => close(get("panel")));
document.addEventListener("close-log", () => close(get("log")));
