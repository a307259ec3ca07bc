// @ts-check
const WAIT_MS = 1200;

/**
 * The record is kept as it is typed. Each answer brings the version the next one is based on; when somebody else
 * saved meanwhile nothing is overwritten: the page says so and offers to compare. Nothing is kept in the browser.
 */
class Keeper {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.line = /** @type {HTMLElement | null} */ (form.querySelector("[data-saved]"));
    this.version = /** @type {HTMLInputElement} */ (form.elements.namedItem("version"));
    this.timer = 0;
    this.dirty = this.running = this.stopped = false;
    form.addEventListener("input", () => this.touch());
    form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("online", () => this.dirty && this.send());
    document.addEventListener("visibilitychange", () => {
      // A phone put away: what was typed goes now, not in a second that may never come.
      if (document.visibilityState === "hidden") this.send();
    });
  }

  /** @param {string} state @param {string} [time] */
  say(state, time = "") {
    if (this.line) this.line.textContent = (this.line.dataset[`${state}Text`] ?? "").replace("{time}", time);
  }

  touch() {
    this.dirty = true;
    this.say("waiting");
    this.later(WAIT_MS);
  }

  /** @param {number} wait */
  later(wait) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.send(), wait);
  }

  /** A save under way ends first: its answer brings the version that this submission must carry. @param {SubmitEvent} event */
  submit(event) {
    this.stopped = true;
    window.clearTimeout(this.timer);
    if (!this.running) return;
    event.preventDefault();
    const button = /** @type {HTMLElement | null} */ (event.submitter);
    this.after = () => this.form.requestSubmit(button);
  }

  async send() {
    if (this.running || !this.dirty || this.stopped) return;
    this.running = true;
    this.dirty = false;
    try {
      const answer = await fetch(this.form.dataset.record ?? "", {
        method: "POST",
        body: new FormData(this.form),
        credentials: "same-origin",
      });
      const said = await answer.json();
      if (answer.ok) {
        this.version.value = String(said.version);
        this.say(Object.keys(said.errors).length ? "held" : "saved", said.saved_at);
      } else {
        this.stopped = true;
        this.conflict(said.message);
      }
    } catch (lost) {
      this.dirty = true;
      this.say("failed");
      this.later(WAIT_MS * 8);
    } finally {
      this.running = false;
    }
    if (this.after) this.after();
    else if (this.dirty && navigator.onLine) this.later(WAIT_MS);
  }

  /** @param {string} sentence */
  conflict(sentence) {
    const note = /** @type {HTMLElement | null} */ (this.form.querySelector("[data-conflict]"));
    const text = note?.querySelector("[data-conflict-text]");
    if (!note || !text) return;
    text.textContent = sentence;
    note.hidden = false;
    if (this.line) this.line.textContent = "";
    note.scrollIntoView({ block: "nearest" });
  }
}

const CODE = /^[0-9A-Z]{4}-?[0-9A-Z]{4}$/;

/**
 * The number present follows those who are ticked or typed by code, as long as it only repeats them; a number of
 * one's own stays, and when it is smaller a sentence says so at once. The server decides the same.
 */
class Present {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.number = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("n_persons"));
    this.ticked = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("n_ticked"));
    this.line = /** @type {HTMLElement | null} */ (form.querySelector("[data-disagree]"));
    if (!this.number || !this.ticked) return;
    // Before the keeper hears of it, so that what it sends is what is seen.
    form.addEventListener("input", (event) => this.follow(event), { capture: true });
    this.say();
  }

  count() {
    const found = new Set();
    for (const box of this.form.querySelectorAll("input[name=persons]:checked")) {
      found.add(/** @type {HTMLInputElement} */ (box).value.replace("-", ""));
    }
    const others = /** @type {HTMLInputElement | null} */ (this.form.elements.namedItem("other_codes"));
    for (const word of (others?.value ?? "").toUpperCase().split(/[\s,;]+/)) {
      if (CODE.test(word)) found.add(word.replace("-", ""));
    }
    return found.size;
  }

  /** @param {Event} event */
  follow(event) {
    if (!this.number || !this.ticked) return;
    const name = /** @type {HTMLInputElement} */ (event.target).name;
    if (name === "persons" || name === "other_codes") {
      const before = Number(this.ticked.value || 0);
      const now = this.count();
      if (this.number.value === "" || Number(this.number.value) === before) {
        this.number.value = now ? String(now) : "";
      }
      this.ticked.value = String(now);
    }
    if (name === "persons" || name === "other_codes" || name === "n_persons") this.say();
  }

  say() {
    if (!this.line || !this.number) return;
    const n = this.count();
    const disagrees = this.number.value !== "" && Number(this.number.value) < n;
    this.line.hidden = !disagrees;
    const text = (n === 1 ? this.line.dataset.one : this.line.dataset.many) ?? "";
    this.line.textContent = disagrees ? text.replace("{n}", String(n)) : "";
  }
}

for (const found of document.querySelectorAll("form[data-record]")) {
  const form = /** @type {HTMLFormElement} */ (found);
  new Present(form);
  new Keeper(form);
}
