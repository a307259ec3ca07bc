// @ts-check
/** @param {EventTarget | null} target @returns {boolean} true while somebody types */
export function typing(target) {
  const element = /** @type {HTMLElement} */ (target);
  return Boolean(element?.closest?.("input, textarea, select, [contenteditable], dialog[open]"));
}

/**
 * One letter, one thing: an element with data-key="N" is pressed by that key. "?" opens the list of keys,
 * "/" goes to the search of the page if it has one, else to the search page.
 */
export function shortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?") {
      const list = /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"));
      if (list && typeof list.showModal === "function") {
        event.preventDefault();
        list.showModal();
      }
      return;
    }
    const field = event.key === "/" ? document.querySelector('main input[type="search"]') : null;
    const wanted = CSS.escape(event.key.length === 1 ? event.key.toUpperCase() : event.key);
    const target = field ?? document.querySelector(`[data-key="${wanted}"]`);
    if (!(target instanceof HTMLElement)) return;
    event.preventDefault();
    if (field) target.focus();
    else target.click();
  });
}
