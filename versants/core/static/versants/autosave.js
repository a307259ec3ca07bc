// @ts-check
const WAIT_MS = 1200;

/** @returns {string} the hour as shown on clocks here */
function hour() {
  const now = new Date();
  return `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
}

/**
 * A form with data-autosave="URL" sends what is typed there, a moment after the last key, and says so in its
 * [data-saved] line: data-saved-text ("Saved {time}"), data-waiting-text, data-failed-text come from the page,
 * translated. The server keeps the draft; this page keeps nothing but what is in its fields. A draft sent later
 * replaces an earlier one, so a lost answer is simply sent again at the next key or when the network is back.
 */
export function autosave() {
  for (const form of document.querySelectorAll("form[data-autosave]")) follow(/** @type {HTMLFormElement} */ (form));
}

/** @param {HTMLFormElement} form */
function follow(form) {
  const line = /** @type {HTMLElement | null} */ (form.querySelector("[data-saved]"));
  let timer = 0;
  let dirty = false;
  let running = false;

  /** @param {"saved" | "waiting" | "failed"} state */
  const say = (state) => {
    if (!line) return;
    const text = line.dataset[`${state}Text`] ?? "";
    line.textContent = text.replace("{time}", hour());
    line.dataset.state = state;
  };

  const send = async () => {
    if (running || !dirty || form.dataset.sent) return;
    running = true;
    dirty = false;
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    try {
      const answer = await fetch(form.dataset.autosave ?? "", {
        method: "POST",
        body,
        credentials: "same-origin",
        headers: { "X-Requested-With": "autosave" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      say("saved");
    } catch (lost) {
      dirty = true;
      say("failed");
    } finally {
      running = false;
      if (dirty && navigator.onLine) later();
    }
  };

  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, line?.dataset.state === "failed" ? WAIT_MS * 8 : WAIT_MS);
  };

  form.addEventListener("input", () => {
    dirty = true;
    say("waiting");
    later();
  });
  window.addEventListener("online", () => dirty && send());
  document.addEventListener("visibilitychange", () => {
    // A phone put away: what was typed goes now, not in a second that may never come.
    if (document.visibilityState === "hidden") send();
  });
}
