// The keyboard layer. It knows the page only by these attributes, read anew at every key, so whatever htmx swaps in works:
//
//   data-key="t"          on a link, button, summary, field or form: `t` clicks, focuses or submits it.
//                         Capital letters and signs are what the keyboard types ("?", "N").
//   data-key-label="…"    what the help and the palette call it; else its aria-label or its text.
//   data-go="m"           on a link: `g` and then `m` opens it.
//   data-list             on a container: j and k move among its [data-item] elements that are shown. The one moved to
//                         carries data-current and aria-current="true", is scrolled into view, and fires a bubbling
//                         "finobs:move" event. Several lists: the one that was moved in last, else the first.
//   data-item             a row. Enter opens it: itself if it is a link, else its [data-open], else its first link.
//                         x ticks its first checkbox.
//   data-scroll           on a container: PageDown, PageUp, Space, Home and End scroll it, wherever the focus is.
//   data-back             Escape clicks it when no dialog is open and no field has the focus.
//   data-no-keys          on a container: no key works while the focus is inside.
//
// Always there: ? lists every key of this page; Ctrl+K opens the palette (see palette.js).
// Nothing fires in a text field (Escape leaves it, or closes the dialog that it is in), with Ctrl, Alt or Meta held, or behind an open dialog.

import { labelOf } from "./label.js";

const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]";

const shown = (element) => element.getClientRects().length > 0 && !element.matches(":disabled, .disabled, [aria-disabled=true]");
const scope = () => [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
const find = (attribute, key) =>
  [...scope().querySelectorAll(`[${attribute}]`)].find((element) => element.getAttribute(attribute) === key && shown(element));

function act(element) {
  if (element.matches("form")) element.requestSubmit();
  else if (element.matches(FIELDS)) {
    element.focus();
    element.select?.();
  } else element.click();
}

let last = null;
const currentList = () => {
  if (last?.isConnected && scope().contains(last) && shown(last)) return last;
  return [...scope().querySelectorAll("[data-list]")].find(shown);
};
const items = (list) => [...list.querySelectorAll("[data-item]")].filter(shown);
const current = () => currentList()?.querySelector("[data-item][data-current]") ?? null;

function move(step) {
  const list = currentList();
  if (!list) return false;
  const rows = items(list);
  const at = rows.findIndex((row) => row.hasAttribute("data-current"));
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (!next) return false;
  if (at >= 0) {
    rows[at].removeAttribute("data-current");
    rows[at].removeAttribute("aria-current");
  }
  next.setAttribute("data-current", "");
  next.setAttribute("aria-current", "true");
  next.scrollIntoView({ block: "nearest" });
  last = list;
  next.dispatchEvent(new CustomEvent("finobs:move", { bubbles: true }));
  return true;
}

function open() {
  const row = current();
  const door = row?.matches("a, button") ? row : (row?.querySelector("[data-open]") ?? row?.querySelector("a"));
  door?.click();
  return Boolean(door);
}

function tick() {
  const box = current()?.querySelector("input[type=checkbox]");
  box?.click();
  return Boolean(box);
}

const SCROLL_KEYS = { PageDown: 0.9, PageUp: -0.9, " ": 0.9, Home: -Infinity, End: Infinity };
function scroll(key, target) {
  const pane = scope() === document && document.querySelector("[data-scroll]");
  // On a phone the page itself scrolls.
  if (!(key in SCROLL_KEYS) || !pane || pane.scrollHeight <= pane.clientHeight) return false;
  if (key === " " && target.closest("button, summary, input")) return false;
  const top = SCROLL_KEYS[key] * pane.clientHeight;
  pane.scrollTop = Math.min(Math.max(pane.scrollTop + top, 0), pane.scrollHeight);
  return true;
}

function help() {
  const dialog = document.getElementById("keys-help");
  if (!dialog || dialog.open) return Boolean(dialog);
  const list = dialog.querySelector("dl");
  const line = (keys, label) => {
    const term = document.createElement("dt");
    term.append(...keys.map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
    list.append(term, Object.assign(document.createElement("dd"), { textContent: label }));
  };
  list.replaceChildren();
  const told = new Set();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (told.has(element.dataset.key) || !shown(element)) continue;
    told.add(element.dataset.key);
    line([element.dataset.key], labelOf(element));
  }
  if (currentList()) {
    line(["j", "k"], "Next and previous row");
    line(["Enter"], "Open the row");
  }
  if (document.querySelector("[data-scroll]")) line(["PageDown", "PageUp"], "Scroll what is open");
  line(["Ctrl", "K"], "Find a page or an action");
  line(["Esc"], "Close, or go back");
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-go]")) {
    if (seen.has(element.dataset.go) || (!shown(element) && !element.closest(".side"))) continue;
    seen.add(element.dataset.go);
    line(["g", element.dataset.go], labelOf(element));
  }
  dialog.showModal();
  return true;
}

function leave(target) {
  if (target.matches(FIELDS) && scope() === document) {
    target.blur();
    return true;
  }
  if (scope() !== document) return false; // the browser closes the dialog
  const back = [...document.querySelectorAll("[data-back]")].find(shown);
  back?.click();
  return Boolean(back);
}

let going = 0;

function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return false;
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape") return leave(target);
  if (target.matches(FIELDS) || target.closest("[data-no-keys]")) return false;
  if (Date.now() < going) {
    going = 0;
    const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    place?.click();
    return Boolean(place);
  }
  const named = find("data-key", event.key);
  if (named) {
    act(named);
    return true;
  }
  if (event.key === "Enter") return !target.closest("a, button, summary, input, dialog") && open();
  if (event.key === "g" && scope() === document) {
    going = Date.now() + 1500;
    return true;
  }
  if (scroll(event.key, target)) return true;
  return { j: () => move(1), k: () => move(-1), x: tick, "?": help }[event.key]?.() ?? false;
}

document.addEventListener("keydown", (event) => {
  if (press(event)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-keys-help]")) help();
});
