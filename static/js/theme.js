// Runs before the first paint, so that a dark page never flashes light. Loaded without defer on purpose.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const apply = (choice) => {
    root.dataset.theme = choice;
    root.dataset.bsTheme = choice === "system" ? (system.matches ? "dark" : "light") : choice;
    for (const button of document.querySelectorAll("[data-theme-form] button")) {
      button.setAttribute("aria-pressed", String(button.value === choice));
    }
  };

  // Pages that are drawn without asking who you are (errors) have no choice in them: the last page seen had.
  if (root.dataset.theme) localStorage.setItem("theme", root.dataset.theme);
  apply(root.dataset.theme || localStorage.getItem("theme") || "system");
  system.addEventListener("change", () => root.dataset.theme === "system" && apply("system"));
  document.addEventListener("DOMContentLoaded", () => apply(root.dataset.theme));

  // Paper is light.
  window.addEventListener("beforeprint", () => {
    root.dataset.bsTheme = "light";
  });
  window.addEventListener("afterprint", () => apply(root.dataset.theme));

  // Chosen at once here, kept by the server for the next page and the next device.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const body = new FormData(form);
    body.set("theme", event.submitter.value);
    localStorage.setItem("theme", event.submitter.value);
    apply(event.submitter.value);
    fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  });
})();
