// @ts-check
/**
 * What the pages gain with a script. Each piece is independent; without any of them every action still works.
 * Nothing here evaluates text as code, and nothing typed is ever kept in the browser's storage.
 */
import { autosave } from "./autosave.js";
import { shortcuts } from "./keys.js";
import { themes } from "./themes.js";

/**
 * A form marked data-once is sent once: a second press while the first is under way does nothing.
 * The button keeps its name and value in the request, so it is only marked, not disabled.
 */
function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-once]") || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  // Back from the next page, out of the browser's cache: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      form.removeAttribute("data-sent");
      form.removeAttribute("aria-busy");
    }
  });
}

/** On a telephone the menu scrolls sideways: the page one is on is in sight, and an edge that fades says more follows. */
function here() {
  const bar = document.querySelector(".mast nav");
  if (!(bar instanceof HTMLElement)) return;
  const entry = bar.querySelector("[aria-current]");
  if (entry instanceof HTMLElement && bar.scrollWidth > bar.clientWidth) {
    const away = entry.getBoundingClientRect().x - bar.getBoundingClientRect().x;
    bar.scrollBy({ left: away - (bar.clientWidth - entry.offsetWidth) / 2, behavior: "instant" });
  }
  const edges = () => {
    const gone = Math.abs(bar.scrollLeft);
    const more = [];
    if (gone > 1) more.push("before");
    if (gone + bar.clientWidth < bar.scrollWidth - 1) more.push("after");
    bar.dataset.more = more.join(" ");
  };
  edges();
  bar.addEventListener("scroll", edges, { passive: true });
  window.addEventListener("resize", edges, { passive: true });
  document.fonts?.ready.then(edges);
}

/** The line that says there is no network. */
function network() {
  const line = document.getElementById("offline");
  if (!line) return;
  const show = () => {
    line.hidden = navigator.onLine;
  };
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}

/** Menus of <details> close on Escape and on a press elsewhere. */
function menus() {
  const open = () => document.querySelectorAll("details.who-am-i[open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.removeAttribute("open");
      menu.querySelector("summary")?.focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
  });
}

/** Errors of htmx are said: a swap of 4xx with a page's own sentence is wanted, a lost network is named. */
function fragments() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = /** @type {CustomEvent} */ (event).detail;
    // 409 and 422 carry the sentence and what to do next: they are shown, not thrown away.
    if ([409, 422].includes(detail.xhr.status)) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    // The page of the error says what happened: its sentence is shown, the page one is on stays.
    const answer = /** @type {CustomEvent} */ (event).detail.xhr.responseText;
    const page = new DOMParser().parseFromString(answer, "text/html");
    const said = page.querySelector("main .lede") ?? page.querySelector("main h1");
    const toasts = document.getElementById("toasts");
    if (!said || !toasts) return;
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.textContent = said.textContent;
    toasts.replaceChildren(toast);
  });
  document.addEventListener("htmx:sendError", () => {
    const line = document.getElementById("offline");
    if (line) line.hidden = false;
  });
}

/** Wide tables scroll: the keyboard can reach what scrolls. */
function scrollable() {
  for (const box of document.querySelectorAll(".scroll")) {
    const holds = box.scrollWidth > box.clientWidth;
    if (holds) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
}

sendOnce();
here();
network();
menus();
fragments();
shortcuts();
themes();
autosave();
scrollable();
window.addEventListener("resize", scrollable);
document.addEventListener("htmx:afterSettle", scrollable);
