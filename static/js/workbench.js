// The workbench: what keys.js, dialogs.js and drafts.js leave to it.
//   data-focus="id"            a button or link that puts the focus into that field.
//   data-check-all="name"      a box that ticks all boxes of that name in its form, or none.
//   Ctrl+Enter                 sends the form of the text field that has the focus.
//   dialog[data-open-now]      shown as a modal as soon as it is on the page (a form that came back).
//   select[name=disposition]   offers in the form's reason_code only the reasons that go with it.

const bench = document.querySelector(".bench");
const reference = () => bench?.querySelector(".case-ref .mono")?.textContent ?? "";

// Reasons that go with the chosen disposition; the groups carry the dispositions' labels.
function reasons(form) {
  const disposition = form.elements.disposition;
  const reason = form.elements.reason_code;
  if (!disposition || !reason) return;
  const chosen = disposition.value ? disposition.selectedOptions[0].label : "";
  const before = reason.value;
  for (const group of reason.querySelectorAll("optgroup")) {
    group.hidden = group.disabled = group.label !== chosen;
  }
  const fitting = [...reason.querySelectorAll("optgroup:not([disabled]) option")];
  (fitting.find((option) => option.value === before) ?? reason.options[0]).selected = true;
}

function openNow(root) {
  for (const dialog of root.querySelectorAll("dialog[data-open-now]")) {
    dialog.removeAttribute("data-open-now");
    dialog.close();
    focusFirst([`[data-dialog="${dialog.id}"]`, "#case-title"]);
    dialog.showModal();
    (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("select, textarea"))?.focus();
  }
}

const shown = (element) => element?.getClientRects().length > 0;
const focusFirst = (selectors) =>
  selectors.map((selector) => document.querySelector(selector)).find(shown)?.focus({ preventScroll: true });

// What has the focus, so that it can be found again in what takes its place: of a dialog, what opens it.
function controlOf(element) {
  const dialog = element?.closest?.("dialog");
  if (dialog) return `[data-dialog="${dialog.id}"]`;
  if (element?.closest?.(".case-tag")) return "#tag-choice";
  if (element?.id) return `#${CSS.escape(element.id)}`;
  if (element?.dataset?.key) return `[data-key="${CSS.escape(element.dataset.key)}"]`;
  return element?.matches?.("a[href]") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : "";
}

let focused = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  if (["case", "list"].includes(event.detail.target?.id)) focused = controlOf(document.activeElement);
});
function giveFocusBack(target) {
  if (document.activeElement !== document.body) return;
  const instead = target.id === "case" ? ["#case-title", "[data-item][data-current]"] : ["#list [aria-current=true]"];
  focusFirst([focused, ...instead].filter(Boolean));
  focused = "";
}

// Which row is open, and which of the two screens a phone shows. The row that the keys stand on stays theirs while the
// same case is open: a fragment that arrives late moves nobody.
let marked = null;
function mark() {
  if (!bench) return;
  const open = reference();
  const stays = open === marked && bench.querySelector("[data-item][data-current]") !== null;
  marked = open;
  bench.dataset.open = open ? "case" : "list";
  for (const row of bench.querySelectorAll("[data-item]")) {
    const here = open !== "" && row.parentElement.id === `row-${open}`;
    row.toggleAttribute("data-opened", here);
    if (stays) continue;
    row.toggleAttribute("data-current", here);
    if (here) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

// What an answer says of the list beside the item goes where the page has it; a row of another page has no place.
function update(root) {
  for (const part of root.querySelectorAll("template[data-instead-of]")) {
    const place = document.getElementById(part.dataset.insteadOf);
    if (place) {
      const now = part.content.firstElementChild;
      place.replaceWith(now);
      window.htmx?.process(now);
    }
    part.remove();
  }
}

function ready(root) {
  openNow(root);
  root.querySelectorAll("form").forEach(reasons);
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const jump = event.target.closest("[data-focus]");
  const field = jump && document.getElementById(jump.dataset.focus);
  if (field) {
    event.preventDefault();
    field.closest("details")?.setAttribute("open", "");
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  }
  if (event.target.closest("a[data-dialog-close]")) event.preventDefault();
});

// Ctrl+Enter sends what is being written, where there is one way to send it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches?.("textarea")) return;
  const ways = event.target.form?.querySelectorAll("button[type=submit]") ?? [];
  if (ways.length !== 1) return;
  event.preventDefault();
  if (ways[0].disabled) return; // it is on its way already
  event.target.form.requestSubmit(ways[0]);
});

document.addEventListener("change", (event) => {
  const all = event.target.dataset?.checkAll;
  if (all) {
    const boxes = event.target.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(all)}"]`);
    for (const box of boxes) box.checked = event.target.checked;
  }
  if (event.target.name === "disposition" && event.target.form) reasons(event.target.form);
});

// A write swaps the case for itself: the reader stays where they were. Another case starts at its top.
let place = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "case") {
    place = { of: reference(), at: bench.querySelector(".bench-case")?.scrollTop ?? 0 };
  }
});
document.addEventListener("htmx:afterSettle", (event) => {
  const target = event.detail.target ?? event.target;
  update(target);
  if (target.id === "case" || target.id === "list") mark();
  if (target.id === "case" && place) {
    const same = place.of === reference();
    const pane = bench.querySelector(".bench-case");
    if (pane) pane.scrollTop = same ? place.at : 0;
    if (!same && matchMedia("(width < 768px)").matches) window.scrollTo(0, 0);
    place = null;
  }
  // What came in above the field that somebody writes in must not push it out of sight.
  if (target.matches?.(".case-activity") && document.activeElement?.matches("textarea")) {
    document.activeElement.scrollIntoView({ block: "center" });
  }
  ready(target);
  if (["case", "list"].includes(target.id)) giveFocusBack(target);
});

// What went well is said as after a swap: a line above the panes would stay and take their room.
for (const alert of document.querySelectorAll(".main-bench > #messages :is(.alert-success, .alert-info)")) {
  document.dispatchEvent(new CustomEvent("finobs:announce", { detail: { text: alert.textContent } }));
  alert.remove();
}

ready(document);
