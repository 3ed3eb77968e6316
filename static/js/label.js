// What an element is called where it is listed. No side effects: modules may import it under more than one address.

export function labelOf(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .count, .visually-hidden").forEach((hint) => hint.remove());
  return element.dataset.keyLabel || element.getAttribute("aria-label") || copy.textContent.trim().replace(/\s+/g, " ");
}
