// Runs before the first paint: light or dark as chosen, else as the system says.
(() => {
  const chosen = localStorage.getItem("finobs.theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
})();
