// Toasts: said by the server (HX-Trigger "toast"), drawn with a page (messages) or raised by our own scripts.

const region = document.getElementById("toasts");
const LIFE = { good: 8000, success: 8000, info: 8000, warning: 12000 };

function live(toast) {
  const life = LIFE[toast.dataset.state];
  if (!life) return; // an error stays until it is closed
  let left = window.setTimeout(() => toast.remove(), life);
  const hold = () => window.clearTimeout(left);
  const resume = () => {
    hold();
    left = window.setTimeout(() => toast.remove(), life);
  };
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("mouseleave", resume);
  toast.addEventListener("focusout", resume);
}

function show({ text, undo = "", state = "good" }) {
  if (!text) return;
  const toast = document.getElementById("toast-template").content.cloneNode(true).querySelector(".toast-note");
  toast.dataset.state = state;
  toast.querySelector("[data-toast-text]").textContent = text;
  const form = toast.querySelector("form");
  if (undo) {
    const token = document.querySelector("meta[name=csrf-token]").content;
    form.action = undo;
    form.prepend(Object.assign(document.createElement("input"), { type: "hidden", name: "csrfmiddlewaretoken", value: token }));
  } else form.remove();
  while (region.children.length > 2) region.firstElementChild.remove();
  region.append(toast);
  live(toast);
}

// A dialog makes the rest of the page inert: while one is open, its toasts are shown inside it.
function home() {
  const open = [...document.querySelectorAll("dialog[open]")].at(-1);
  (open ?? document.body).append(region);
}

if (region) {
  [...region.children].forEach(live);
  document.addEventListener("toast", (event) => {
    home();
    show(event.detail);
  });
  document.addEventListener("dialog-closed", home);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest(".toast-note").remove();
  });
}
