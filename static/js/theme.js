// Runs before the first paint, in <head>: light or dark as chosen. Without a choice the attribute stays away, and
// color-scheme follows the system (tokens.css), as it does without JavaScript.
(() => {
  const root = document.documentElement;
  const read = () => {
    try {
      return localStorage.getItem("finobs.theme");
    } catch {
      return null; // storage is switched off
    }
  };
  const show = (choice) => {
    const fixed = choice === "light" || choice === "dark";
    if (fixed) root.dataset.bsTheme = choice;
    else delete root.dataset.bsTheme;
    for (const button of document.querySelectorAll("[data-theme-choice]"))
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (fixed ? choice : "system")));
  };
  root.classList.add("js");
  show(read());
  document.addEventListener("DOMContentLoaded", () => show(read()));
  addEventListener("storage", () => show(read()));
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-theme-choice]");
    if (!button) return;
    if (button.dataset.themeChoice === "system") localStorage.removeItem("finobs.theme");
    else localStorage.setItem("finobs.theme", button.dataset.themeChoice);
    show(read());
  });
})();
