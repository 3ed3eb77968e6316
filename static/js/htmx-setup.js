// htmx under a strict policy: the CSRF token as a header, a sign-in page never swapped into a fragment, and words for
// what would otherwise fail in silence. Its settings are in the htmx-config meta tag of _shell/root.html.

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = meta("csrf-token");
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const signIn = meta("sign-in");
  const answered = new URL(event.detail.xhr.responseURL || location.href, location.href);
  if (signIn && answered.pathname === signIn && location.pathname !== signIn) {
    event.detail.shouldSwap = false; // the session has ended: back here after signing in
    location.assign(`${signIn}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
});

const say = (text, bad) => document.dispatchEvent(new CustomEvent("finobs:announce", { detail: { text, bad } }));

document.addEventListener("htmx:sendError", () => say("finobs did not answer. Is the network there? Nothing was changed.", true));
document.addEventListener("htmx:timeout", () => say("finobs took too long to answer. Look before you try again.", true));
document.addEventListener("htmx:responseError", (event) => {
  const { status, getResponseHeader } = event.detail.xhr;
  if (status < 500 || status === 503) return;
  const id = getResponseHeader.call(event.detail.xhr, "X-Request-ID");
  say(`Something went wrong on our side${id ? ` (request ${id})` : ""}.`, true);
});
