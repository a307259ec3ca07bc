// @ts-check
/**
 * What the list of requests gains with a script: j and k (or the arrows) walk it, the chosen line is marked, and on a
 * narrow screen the request one presses opens under its line. Without it every line is a link.
 */
const NARROW = window.matchMedia("(max-width: 60rem)");

/** @returns {HTMLElement | null} */
const pane = () => document.getElementById("chosen");
/** @returns {HTMLTableRowElement[]} */
const lines = () => Array.from(document.querySelectorAll("#requests tr[data-request]"));
/** Those one sees: not the ones in a closed fold. */
const shown = () => lines().filter((line) => !line.closest("details:not([open])"));

/** Marks the line of the request that the pane shows. */
function mark() {
  const uid = pane()?.dataset.request;
  for (const line of lines()) {
    const chosen = line.dataset.request === uid;
    line.classList.toggle("is-chosen", chosen);
    const link = line.querySelector("a.what");
    if (chosen) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
  }
}

/** Puts the pane under its line on a narrow screen, beside the list on a wide one. */
function place() {
  const box = pane();
  const home = document.querySelector(".inbox .body");
  if (!box || !home) return;
  const old = document.querySelector("tr.under");
  const line = lines().find((one) => one.dataset.request === box.dataset.request);
  if (NARROW.matches && line && "byAddress" in box.dataset) {
    if (line.nextElementSibling === box.closest("tr.under") && old) return;
    const under = document.createElement("tr");
    under.className = "under";
    const cell = document.createElement("td");
    cell.colSpan = 4;
    cell.append(box);
    under.append(cell);
    line.after(under);
  } else if (box.parentElement !== home) {
    home.append(box);
  }
  if (old && !old.querySelector("#chosen")) old.remove();
}

/** @param {KeyboardEvent} event */
function walk(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest?.("input, textarea, select, [contenteditable], dialog[open], summary, details:not(.settled), .pane")) return;
  // The arrows walk the list once one is in it; elsewhere they scroll the page.
  if (event.key.startsWith("Arrow") && !target.closest?.("#requests")) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = shown().map((line) => /** @type {HTMLAnchorElement} */ (line.querySelector("a.what")));
  const at = links.findIndex((link) => link === document.activeElement || link.getAttribute("aria-current") === "true");
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
  if (next.getAttribute("aria-current") !== "true") next.click();
}

document.addEventListener("keydown", walk);
NARROW.addEventListener("change", place);
// The list is about to be drawn anew: the pane leaves it first.
document.addEventListener("htmx:beforeSwap", (event) => {
  const box = pane();
  const target = /** @type {CustomEvent} */ (event).detail.target;
  if (box && target !== box && target.contains(box)) document.querySelector(".inbox .body")?.append(box);
});
document.addEventListener("htmx:afterSettle", () => {
  const box = pane();
  // A pane that came by a press was asked for: it belongs under its line.
  if (box && document.location.pathname.includes(box.dataset.request ?? "-")) box.dataset.byAddress = "";
  mark();
  place();
});
// An export takes what the filters say now.
document.addEventListener("htmx:pushedIntoHistory", () => {
  for (const link of document.querySelectorAll("a[data-keeps-query]")) {
    /** @type {HTMLAnchorElement} */ (link).search = document.location.search;
  }
});
const first = pane();
if (first && NARROW.matches && "byAddress" in first.dataset) {
  // Opened by its own address: on a telephone the request comes first, not after all the others.
  document.querySelector(".inbox .body")?.prepend(first);
} else {
  place();
}
