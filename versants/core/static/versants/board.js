// @ts-check
/** Placing on the board by drag or by keyboard, and news of what others changed. Without this file the links do it. */

const board = document.querySelector("[data-board]");
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("board-place"));
const hint = document.getElementById("board-hint");

// The board's hours are those of the place, wherever the browser is; Paris keeps the same.
const ZONE = "Europe/Brussels";
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: ZONE });

/** @type {HTMLElement | null} The visit that is being placed. */
let chosen = null;

/** Cells where something can be put: an hour of somebody's row. @returns {HTMLElement[]} */
const cells = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("tr[data-row] td[data-at]")]);

/** The instant a pointer is at: cells span up to an hour, starts are on five minutes.
 * @param {HTMLElement} cell @param {number} x @returns {string} */
function instant(cell, x) {
  const start = new Date(cell.dataset.at ?? "");
  const box = cell.getBoundingClientRect();
  const rtl = getComputedStyle(cell).direction === "rtl";
  const share = box.width ? (rtl ? box.right - x : x - box.left) / box.width : 0;
  const span = /** @type {HTMLTableCellElement} */ (cell).colSpan;
  const step = Math.max(0, Math.min(span - 1, Math.floor(share * span)));
  return new Date(start.getTime() + step * 5 * 60_000).toISOString();
}

/** How far a cell's beginning is from an instant, in milliseconds. @param {HTMLElement} cell @param {number} at @returns {number} */
const away = (cell, at) => Math.abs(Date.parse(cell.dataset.at ?? "") - at);

/** The instant that Enter places at: the one the visit is best placed at if it lies in the cell, else its beginning.
 * @param {HTMLElement} cell @returns {Date} */
function keyed(cell) {
  const start = Date.parse(cell.dataset.at ?? "");
  const near = Date.parse(chosen?.dataset.nearAt ?? "");
  const end = start + /** @type {HTMLTableCellElement} */ (cell).colSpan * 5 * 60_000;
  return new Date(near >= start && near < end ? near : start);
}

/** Where placing begins: the person and the hour nearest to what was asked for. @param {HTMLElement} item @returns {HTMLElement | undefined} */
function nearest(item) {
  const all = cells();
  const mine = all.filter((cell) => cell.closest("tr")?.dataset.row === item.dataset.near);
  const at = Date.parse(item.dataset.nearAt ?? "");
  const rows = mine.length ? mine : all;
  return rows.find((cell) => keyed(cell).getTime() === at) ?? [...rows].sort((a, b) => away(a, at) - away(b, at))[0];
}

/** Send the chosen visit to a person's row at an hour. @param {HTMLElement} cell @param {number | null} x */
function place(cell, x) {
  const row = cell.closest("tr");
  if (!chosen || !form || !row) return;
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  field("professional").value = row.dataset.row ?? "";
  field("start").value = x === null ? keyed(cell).toISOString() : instant(cell, x);
  field("version").value = chosen.dataset.visitVersion ?? "";
  form.action = chosen.dataset.place ?? "";
  form.submit();
}

/** Begin or end placing by keyboard. @param {HTMLElement | null} item */
function choose(item) {
  chosen?.removeAttribute("data-chosen");
  chosen = item;
  if (hint) hint.hidden = !item;
  for (const cell of cells()) {
    if (item) {
      cell.tabIndex = -1;
      cell.setAttribute("role", "button");
      const name = cell.closest("tr")?.querySelector("th b")?.textContent ?? "";
      cell.setAttribute("aria-label", `${name}, ${clock.format(keyed(cell))}`);
    } else {
      for (const attribute of ["tabindex", "role", "aria-label"]) cell.removeAttribute(attribute);
    }
  }
  if (!item) return;
  item.dataset.chosen = "";
  if (hint) item.append(hint); // what the keys do, and the hour that is chosen, where the eye is
  nearest(item)?.focus();
}

/** The cell to go to from one by an arrow. @param {HTMLElement} cell @param {string} key @returns {HTMLElement | undefined} */
function neighbour(cell, key) {
  const rtl = getComputedStyle(cell).direction === "rtl";
  const row = cell.closest("tr");
  if (!row) return undefined;
  const mine = /** @type {HTMLElement[]} */ ([...row.querySelectorAll("td[data-at]")]);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const step = (key === "ArrowRight") === !rtl ? 1 : -1;
    return mine[mine.indexOf(cell) + step];
  }
  const rows = [...document.querySelectorAll("tr[data-row]")].filter((one) => one.querySelector("td[data-at]"));
  const other = rows[rows.indexOf(row) + (key === "ArrowDown" ? 1 : -1)];
  const there = /** @type {HTMLElement[]} */ ([...(other?.querySelectorAll("td[data-at]") ?? [])]);
  const at = Date.parse(cell.dataset.at ?? "");
  return there.sort((a, b) => away(a, at) - away(b, at))[0];
}

// Whose hour has the focus, for those who see the page: a reader of screens hears it from the cell.
document.addEventListener("focusin", (event) => {
  const where = hint?.querySelector("[data-where]");
  const cell = event.target instanceof HTMLElement && event.target.matches("td[data-at]") ? event.target : null;
  if (where && chosen) where.textContent = cell?.getAttribute("aria-label") ?? "";
});

for (const item of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-visit]"))) {
  item.draggable = true;
  item.addEventListener("dragstart", (event) => {
    chosen = item;
    event.dataTransfer?.setData("text/plain", item.dataset.visit ?? "");
  });
  item.addEventListener("dragend", () => {
    chosen = null;
    for (const lit of document.querySelectorAll("td.is-over")) lit.classList.remove("is-over");
  });
  const button = item.querySelector("[data-place-here]");
  if (button instanceof HTMLElement) {
    button.hidden = false;
    // The page asked for has the rows of all who could take it: placing begins there.
    if (item.dataset.placing !== undefined) {
      button.addEventListener("click", (event) => {
        event.preventDefault();
        choose(item);
      });
    }
  }
}

const asked = document.querySelector("[data-visit][data-placing]");
if (asked instanceof HTMLElement) choose(asked);

document.addEventListener("dragover", (event) => {
  const cell = event.target instanceof Element ? event.target.closest("tr[data-row] td[data-at]") : null;
  for (const lit of document.querySelectorAll("td.is-over")) if (lit !== cell) lit.classList.remove("is-over");
  if (!chosen || !cell) return;
  event.preventDefault();
  cell.classList.add("is-over");
});
document.addEventListener("drop", (event) => {
  const cell = event.target instanceof Element ? event.target.closest("tr[data-row] td[data-at]") : null;
  if (!chosen || !(cell instanceof HTMLElement)) return;
  event.preventDefault();
  place(cell, event.clientX);
});
document.addEventListener("keydown", (event) => {
  const cell = document.activeElement;
  if (!chosen || !(cell instanceof HTMLElement) || !cell.matches("td[data-at]")) return;
  if (event.key === "Escape") {
    const back = /** @type {HTMLElement | null} */ (chosen.querySelector("[data-place-here]"));
    choose(null);
    back?.focus();
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    place(cell, null);
  } else if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    neighbour(cell, event.key)?.focus();
  }
});
document.addEventListener("click", (event) => {
  const cell = event.target instanceof Element ? event.target.closest("tr[data-row] td[data-at]") : null;
  if (chosen && cell instanceof HTMLElement) place(cell, event.clientX);
});

// What others changed while the page is open: said, never slipped in under somebody's hand.
if (board instanceof HTMLElement && board.dataset.changes) {
  const note = document.getElementById("board-moved");
  const ask = async () => {
    if (document.hidden || (note && !note.hidden)) return;
    const answer = await fetch(`${board.dataset.changes}?since=${board.dataset.version}`).catch(() => null);
    if (answer?.status === 200 && note) note.hidden = false;
  };
  setInterval(ask, 20_000);
  document.addEventListener("visibilitychange", ask);
}

// A choice under the title holds at once; the button is for those without a script.
for (const filters of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-at-once]"))) {
  filters.addEventListener("change", () => filters.requestSubmit());
}
