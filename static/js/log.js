// The log sheet by keyboard (L, then the letter of a tile, then the number of an outcome), and WhatsApp on return.

const sheet = () => document.querySelector("#log[open] .log-form, main .log-form");

document.addEventListener("keydown", (event) => {
  const form = sheet();
  if (!form || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=radio]), textarea, select")) return;
  const key = event.key.toLowerCase();
  const tile = form.querySelector(`input[name=channel][data-key="${CSS.escape(key)}"]`);
  if (tile) {
    event.preventDefault();
    tile.checked = true;
    tile.focus();
    tile.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  if (!/^[1-9]$/.test(key)) return;
  const outcome = [...form.querySelectorAll(`[data-digit="${key}"]`)].find((button) => button.offsetParent);
  if (!outcome) return;
  event.preventDefault();
  outcome.click();
});

// A tile that asks for words puts the cursor there.
document.addEventListener("change", (event) => {
  if (!event.target.matches(".log-form input[name=channel]")) return;
  const field = { note: "textarea[name=note]", lead: "[name=lead-name]" }[event.target.value];
  if (field) event.target.form.querySelector(field)?.focus();
});

// WhatsApp opens elsewhere; back here the sheet asks whether the message went out.
let wrote = null;

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-wa-open]")) {
    const how = target.closest(".log-how");
    window.setTimeout(() => {
      how.querySelector("[data-wa-ask]").hidden = false;
    }, 400);
  }
  if (target.closest("[data-wa-not]")) target.closest("[data-wa-ask]").hidden = true;
  const direct = target.closest("[data-wa]");
  if (direct) wrote = direct;
});

function ask() {
  if (document.hidden || !wrote || !document.body.dataset.logUrl) return;
  const url = new URL(document.body.dataset.logUrl, location.origin);
  url.searchParams.set("deal", wrote.dataset.logDeal);
  url.searchParams.set("channel", "whatsapp");
  url.searchParams.set("wrote", "1");
  wrote = null;
  htmx.ajax("GET", url.pathname + url.search, { target: "#log-body", swap: "innerHTML" });
}

document.addEventListener("visibilitychange", ask);
window.addEventListener("focus", ask);
