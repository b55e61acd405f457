// Two lists one types into: the search palette, and pickers that fill a hidden field.

function options(list) {
  return [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
}

function select(input, list, option) {
  options(list).forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  if (!option) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  option.id ||= `${list.id}-${options(list).indexOf(option)}`;
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function step(input, list, by) {
  const all = options(list);
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  select(input, list, all[(at + by + all.length) % all.length]);
}

function chosen(list) {
  return options(list).find((option) => option.getAttribute("aria-selected") === "true");
}

function listOf(input) {
  return input.getAttribute("role") === "combobox" ? document.getElementById(input.getAttribute("aria-controls")) : null;
}

function pick(option) {
  const picker = option.closest("[data-picker]");
  const input = picker.querySelector("[role=combobox]");
  picker.querySelector("[data-picker-value]").value = option.dataset.value;
  input.value = option.dataset.text;
  shut(input);
  input.focus();
  picker.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { value: option.dataset.value } }));
}

function shut(input) {
  listOf(input).replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

document.addEventListener("keydown", (event) => {
  const list = listOf(event.target);
  if (!list || event.isComposing) return;
  const option = chosen(list);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!options(list).length) return;
    event.preventDefault();
    step(event.target, list, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && option && !(event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (option.closest("[data-picker]")) pick(option);
    else option.click();
  } else if (event.key === "Escape" && list.matches(".picker-list") && list.childElementCount) {
    event.preventDefault();
    event.stopPropagation();
    shut(event.target);
  }
});

document.addEventListener("click", (event) => {
  const option = event.target.closest(".picker-option");
  if (option) pick(option);
});

// What was typed after choosing no longer names the chosen one.
document.addEventListener("input", (event) => {
  const value = event.target.closest("[data-picker]")?.querySelector("[data-picker-value]");
  if (value && event.target.matches("[role=combobox]")) value.value = "";
});

document.addEventListener("focusout", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (picker && !picker.contains(event.relatedTarget)) shut(picker.querySelector("[role=combobox]"));
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.closest("[data-picker]")) event.detail.parameters = { q: event.detail.elt.value };
});

document.addEventListener("htmx:afterSwap", (event) => {
  const list = event.detail.target;
  if (!list.matches("#palette-results, .picker-list")) return;
  const input = document.querySelector(`[aria-controls="${list.id}"]`);
  if (list.matches(".picker-list") && document.activeElement !== input) {
    shut(input);
    return;
  }
  input.setAttribute("aria-expanded", "true");
  select(input, list, options(list)[0]);
});
