// <button data-dialog="close-case"> opens <dialog id="close-case">; <button data-dialog-close> closes the one around it.
// Without JavaScript the same form must be reachable by a link: give it href and data-dialog both.

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    // The browser gives the focus back to what has it now: a key clicks without moving it there.
    opener.focus({ preventScroll: true });
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[autofocus], textarea, input:not([type=hidden]), select")?.focus();
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && outside(event)) event.target.close();
});

function outside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
