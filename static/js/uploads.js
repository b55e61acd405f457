// The field that takes files: shows what was chosen, says which is too large before anything is sent.

const drop = document.querySelector("[data-drop]");
const input = drop?.querySelector("input[type=file]");

function size(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function show() {
  const list = drop.querySelector("[data-drop-files]");
  const most = Number(drop.dataset.most);
  const large = drop.querySelector("[data-drop-large]").innerHTML;
  list.replaceChildren(
    ...[...input.files].map((file) => {
      const item = document.createElement("li");
      item.className = file.size > most ? "chip chip-bad" : "chip";
      item.textContent = file.size > most ? `${file.name}: ${large}` : `${file.name} ${size(file.size)}`;
      return item;
    }),
  );
  const first = [...input.files].find((file) => file.size > most);
  input.setCustomValidity(first ? `${first.name}: ${large}` : "");
}

if (drop) {
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) input.addEventListener(name, () => drop.classList.add("is-over"));
  for (const name of ["dragleave", "drop"]) input.addEventListener(name, () => drop.classList.remove("is-over"));
  show();
}

// Typing a name means "another one".
document.addEventListener("picked", (event) => {
  const radio = event.target.closest(".question-other")?.previousElementSibling?.querySelector("input[type=radio]");
  if (radio) radio.checked = true;
});
