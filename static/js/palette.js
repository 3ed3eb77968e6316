// Ctrl+K: every place and action of this page by name. Built from the DOM at opening: links of the navigation and
// whatever carries data-key or data-palette. Arrow keys choose, Enter goes.

import { labelOf } from "./label.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("ul");
const none = dialog?.querySelector("[data-none]");
let entries = [];
let chosen = 0;

const usable = (element) => !element.closest("dialog") && !element.matches(":disabled, .disabled, [aria-disabled=true]");

function collect() {
  const seen = new Set();
  const found = [];
  for (const element of document.querySelectorAll("[data-key], [data-palette], .side-link, .menu-item")) {
    const label = labelOf(element);
    if (!usable(element) || !label || seen.has(label)) continue;
    seen.add(label);
    const keys = element.dataset.go ? ["g", element.dataset.go] : element.dataset.key ? [element.dataset.key] : [];
    found.push({ element, label, keys });
  }
  return found;
}

function draw() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  entries = collect().filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  if (words.length) entries.push({ search: input.value, label: `Search for “${input.value.trim()}”`, keys: [] });
  chosen = Math.min(chosen, Math.max(entries.length - 1, 0));
  list.replaceChildren(
    ...entries.map(({ label, keys }, index) => {
      const row = Object.assign(document.createElement("li"), { id: `palette-${index}`, textContent: label });
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(index === chosen));
      row.append(...keys.map((name) => Object.assign(document.createElement("kbd"), { textContent: name })));
      row.addEventListener("click", () => run(index));
      return row;
    }),
  );
  none.hidden = entries.length > 0;
  input.setAttribute("aria-activedescendant", entries.length ? `palette-${chosen}` : "");
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
}

function run(index) {
  const entry = entries[index];
  if (!entry) return;
  dialog.close();
  const search = document.querySelector("form[role=search]");
  if (entry.search && search) {
    search.querySelector("input").value = entry.search.trim();
    search.requestSubmit();
  } else if (entry.element?.matches("form")) entry.element.requestSubmit();
  else if (entry.element?.matches("input, textarea, select")) entry.element.focus();
  else entry.element?.click();
}

function show() {
  input.value = "";
  chosen = 0;
  draw();
  dialog.showModal();
  input.focus();
}

if (dialog) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else show();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-palette-open]")) show();
  });
  input.addEventListener("input", () => {
    chosen = 0;
    draw();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      chosen = (chosen + step + entries.length) % Math.max(entries.length, 1);
      draw();
    }
    if (event.key === "Enter") {
      event.preventDefault();
      run(chosen);
    }
  });
}
