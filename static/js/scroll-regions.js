// A table that is wider than its place scrolls sideways: with the keyboard too, and under a name, where it does.

function nameOf(region) {
  const table = region.querySelector("table");
  const around = region.parentElement.closest("section, figure, details, dialog, .card");
  const title = document.getElementById(table?.getAttribute("aria-labelledby") ?? "");
  const heading = around?.querySelector("h2, h3, figcaption, summary") ?? document.getElementById("page-title");
  const text = (table?.caption ?? title ?? heading)?.textContent ?? "Table";
  return text.trim().replace(/\s+/g, " ");
}

function look(region) {
  if (region.dataset.scrolls === "always") return;
  if (region.scrollWidth <= region.clientWidth) {
    for (const name of ["tabindex", "role", "aria-label"]) region.removeAttribute(name);
    return;
  }
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", `${nameOf(region)}, scrolls sideways`);
}

const watcher = new ResizeObserver((entries) => entries.forEach((entry) => look(entry.target)));
const follow = (root) => root.querySelectorAll(".table-responsive").forEach((region) => watcher.observe(region));

follow(document);
document.addEventListener("htmx:load", (event) => follow(event.detail.elt.parentElement ?? document));
