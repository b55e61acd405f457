// Forms: a button that says it is saving, drafts that outlive a reload, small conveniences.

const DRAFT = "draft:";
const HIDDEN = /^(csrfmiddlewaretoken|idempotency_key)$/;

function saving(button, on) {
  button.classList.toggle("is-saving", on);
  button.setAttribute("aria-busy", String(on));
  // Disabled one tick later, so that the button's own name and value are still sent.
  window.setTimeout(() => {
    button.disabled = on;
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented && !form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
  const button = event.submitter || form.querySelector("[type=submit]");
  if (form.method === "post" && button) saving(button, true);
  if (form.matches("[data-autosave]")) mark(form, true);
  if (form.matches("[data-signout]")) sessionStorage.clear();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form");
  if (!form) return;
  form.querySelectorAll(".is-saving").forEach((button) => saving(button, false));
  if (form.matches("[data-autosave]")) mark(form, event.detail.successful);
});

// Back from the browser's cache: nothing is being saved any more.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll(".is-saving").forEach((button) => saving(button, false));
});

// Drafts: kept in this tab only, dropped once the server took them, cleared at sign-out.
const key = (form) => DRAFT + location.pathname + (form.id || form.action);

function fields(form) {
  return [...form.elements].filter((field) => field.name && !HIDDEN.test(field.name) && !/^(file|password|submit|button)$/.test(field.type));
}

function keep(form) {
  const values = fields(form).map((field) => [field.name, /^(checkbox|radio)$/.test(field.type) ? [field.value, field.checked] : field.value]);
  sessionStorage.setItem(key(form), JSON.stringify({ values, sent: false }));
}

function mark(form, sent) {
  const draft = JSON.parse(sessionStorage.getItem(key(form)) || "null");
  if (draft) sessionStorage.setItem(key(form), JSON.stringify({ ...draft, sent }));
}

function restore(form) {
  const draft = JSON.parse(sessionStorage.getItem(key(form)) || "null");
  if (!draft) return;
  if (draft.sent) {
    sessionStorage.removeItem(key(form));
    return;
  }
  const found = fields(form);
  for (const [name, value] of draft.values) {
    for (const field of found.filter((each) => each.name === name)) {
      if (!Array.isArray(value)) field.value = value;
      else if (field.value === value[0]) field.checked = value[1];
    }
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-autosave]")) keep(form);
});

function arrive(root) {
  root.querySelectorAll("form[data-autosave]").forEach(restore);
  root.querySelector("[data-focus]")?.focus();
}

// The page for a stale token tells that what was sent did not arrive.
if (document.querySelector("[data-not-sent]")) {
  for (let at = 0; at < sessionStorage.length; at += 1) {
    const name = sessionStorage.key(at);
    if (!name.startsWith(DRAFT)) continue;
    sessionStorage.setItem(name, JSON.stringify({ ...JSON.parse(sessionStorage.getItem(name)), sent: false }));
  }
}
arrive(document);
document.addEventListener("htmx:load", (event) => arrive(event.detail.elt));

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]")) history.back();
  if (event.target.closest("[data-print]")) window.print();
  const eye = event.target.closest("[data-reveal]");
  if (eye) {
    const field = document.querySelector(eye.dataset.reveal);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    eye.setAttribute("aria-pressed", String(!shown));
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(document.querySelector(copy.dataset.copy).innerText).then(() => {
      // Pages of the entrance have no place for toasts: the button says it.
      if (!document.getElementById("toasts")) copy.lastChild.textContent = copy.dataset.copied;
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: copy.dataset.copied, state: "good" } }));
    });
  }
});
