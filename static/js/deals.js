// Deal pages: tick all, tick with x, chips that fill a date, a filter form without empty parameters.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-tick-all]")) return;
  for (const box of document.querySelectorAll("input[name=deal]")) box.checked = event.target.checked;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select") || document.querySelector("dialog[open]")) return;
  const box = document.activeElement.closest("tr")?.querySelector("input[name=deal]");
  if (box) box.checked = !box.checked;
});

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-fill]");
  if (!chip) return;
  const field = document.querySelector(chip.dataset.fill);
  field.value = chip.dataset.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// The stage a deal is in stands in sight, however narrow the screen.
function showStage(root) {
  for (const step of root.querySelectorAll(".stepper [aria-current]")) {
    const line = step.closest(".stepper");
    line.scrollLeft = step.parentElement.offsetLeft - (line.clientWidth - step.offsetWidth) / 2;
  }
}
showStage(document);
document.addEventListener("htmx:load", (event) => showStage(event.detail.elt));

// A person picked is a list wanted; parameters without a value stay out of the address.
document.addEventListener("picked", (event) => event.target.closest("[data-pick]")?.requestSubmit());

document.addEventListener("formdata", (event) => {
  if (!event.target.matches(".filter-form, [data-pick]")) return;
  for (const [name, value] of [...event.formData]) if (value === "" || name.endsWith("_text")) event.formData.delete(name);
});
