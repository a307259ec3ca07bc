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

for (const form of document.querySelectorAll("form[data-record]")) new Keeper(/** @type {HTMLFormElement} */ (form));
