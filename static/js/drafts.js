// Nothing typed is lost: <textarea data-draft="note-C-2026-000001"> is kept in this tab's storage until the server has
// said that its form was accepted. It survives a reload, a conflict, and the end of a session: whoever signs in again as
// the same person finds it, and nobody else does. The server fills the field? Then it wins.
// Drafts may hold case data: they live in sessionStorage, which ends with the tab, and are cleared at sign-out.

const DRAFTS = "finobs.draft.";
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
const owner = meta("draft-owner"); // nobody on the page where one signs in
const PREFIX = `${DRAFTS}${owner}.`;
const drafts = () => Object.keys(sessionStorage).filter((name) => name.startsWith(DRAFTS));
const key = (field) => PREFIX + field.dataset.draft;
const note = (field, text) => {
  const place = field.closest("form")?.querySelector(`[data-draft-note="${CSS.escape(field.dataset.draft)}"]`);
  if (place) place.textContent = text;
};

function restore(root) {
  for (const field of root.querySelectorAll("[data-draft]")) {
    const kept = sessionStorage.getItem(key(field));
    if (kept === null || field.value) continue;
    field.value = kept;
    note(field, "Your draft is back.");
  }
}

function forget(form) {
  for (const field of form.querySelectorAll("[data-draft]")) sessionStorage.removeItem(key(field));
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLElement) || !field.dataset.draft) return;
  if (field.value) sessionStorage.setItem(key(field), field.value);
  else sessionStorage.removeItem(key(field));
  note(field, field.value ? "Draft kept." : "");
});

// What was answered is the page where one signs in: nothing was accepted.
const signedOut = (xhr) => new URL(xhr.responseURL || location.href, location.href).pathname === meta("sign-in");

// htmx says how it went; a 4xx keeps the draft.
document.addEventListener("htmx:afterRequest", (event) => {
  // The answer may have taken the form's place: then htmx speaks of what is around it.
  const form = event.detail.requestConfig?.elt?.closest?.("form") ?? event.detail.elt?.closest?.("form");
  const accepted = event.detail.successful && !signedOut(event.detail.xhr);
  if (form && accepted && event.detail.requestConfig?.verb !== "get") forget(form);
});
document.addEventListener("htmx:afterSettle", (event) => restore(event.detail.elt ?? document));

// A plain form leaves the page. What comes next says whether it was accepted: an accepted POST redirects, and the page
// carries no error; a refused one shows the form again, filled by the server, or an error page.
const SENT = "finobs.sent";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-clears-drafts]")) {
    drafts().forEach((name) => sessionStorage.removeItem(name));
    return;
  }
  if (form.matches("[hx-post]")) return;
  const keys = [...form.querySelectorAll("[data-draft]")].map(key);
  if (keys.length) sessionStorage.setItem(SENT, JSON.stringify(keys));
});

const sent = JSON.parse(sessionStorage.getItem(SENT) ?? "[]");
sessionStorage.removeItem(SENT);
const refused = !owner || document.querySelector("[data-error-page], .errorlist, .alert-danger, .alert-error");
if (!refused) sent.forEach((name) => sessionStorage.removeItem(name));
if (owner) {
  drafts().filter((name) => !name.startsWith(PREFIX)).forEach((name) => sessionStorage.removeItem(name));
  restore(document);
}
