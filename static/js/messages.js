// Short notes that need no answer: shown bottom right for a while, and read out through #live.
// Fire "finobs:announce" on document with {text, bad}, or answer htmx with the header HX-Trigger: {"finobs:announce": {"text": "…"}}.

document.addEventListener("finobs:announce", (event) => {
  const { text, bad } = event.detail ?? {};
  if (!text) return;
  const live = document.getElementById("live");
  if (live) live.textContent = text;
  const place = document.getElementById("toasts");
  if (!place) return;
  const note = Object.assign(document.createElement("p"), { className: `toast-note mb-0${bad ? " toast-bad" : ""}`, textContent: text });
  place.append(note);
  setTimeout(() => note.remove(), bad ? 12000 : 5000);
});
