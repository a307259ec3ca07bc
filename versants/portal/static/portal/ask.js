// @ts-check
/**
 * The request form on a phone: a hint beside what looks like a name, a date or a number, as it is typed; and the
 * second field of a choice only when it is needed. Nothing is stored here, and nothing blocks sending.
 */
const NAME = /(?:^|\s)(?:M\.|Mr\.?|Mrs\.?|Mme|Mlle|Monsieur|Madame|Meneer|Mevrouw|Dhr\.?)\s+\p{Lu}|(?:s['’]appelle|nommée?|prénommée?|heet|genaamd|called|named)\s+\p{Lu}|[\p{Ll},;]\s+\p{Lu}\p{Ll}{2,}\s+\p{Lu}\p{L}{2,}/u;
const DATE = /\b\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}\b|\b(?:19|20)\d{2}-\d{2}-\d{2}\b|\bnée?\s+(?:le|en)\b|\bgeboren\b|\bborn\b/iu;
const NUMBER = /(?:\d[\s./-]?){6,}|[\w.+-]+@[\w-]+\.\w+/u;

/** @param {HTMLTextAreaElement} box */
function watch(box) {
  const line = document.createElement("p");
  line.className = "small meh";
  line.setAttribute("role", "status");
  box.after(line);
  const look = () => {
    const found = NAME.test(box.value) || DATE.test(box.value) || NUMBER.test(box.value);
    line.textContent = found ? (box.dataset.looks ?? "") : "";
  };
  box.addEventListener("input", look);
  look();
}

/**
 * @param {string} name of the radio field
 * @param {string[]} values that call for the second field
 * @param {string} second name of the second field
 */
function asNeeded(name, values, second) {
  const box = document.querySelector(`[name="${second}"]`)?.closest(".field");
  const choices = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(`input[name="${name}"]`));
  if (!(box instanceof HTMLElement) || !choices.length) return;
  const show = () => {
    const number = box.querySelector('input[type="number"]');
    box.hidden = ![...choices].some((one) => one.checked && values.includes(one.value));
    if (box.hidden && number instanceof HTMLInputElement) number.value = number.min;
  };
  for (const one of choices) one.addEventListener("change", show);
  show();
}

/**
 * Without network a form is not thrown at a browser's error page: it waits here, with what was typed, and goes when
 * the server answers again. The uid in the form makes a second sending harmless.
 * @param {HTMLFormElement} form
 */
function patient(form) {
  const note = document.createElement("p");
  note.className = "small meh";
  note.setAttribute("role", "alert");
  form.after(note);
  let waiting = 0;
  let answered = false;

  const tryNow = async () => {
    window.clearTimeout(waiting);
    try {
      const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(String(answer.status));
      answered = true;
      note.textContent = "";
      form.requestSubmit();
    } catch (lost) {
      note.textContent = form.dataset.patient ?? "";
      waiting = window.setTimeout(tryNow, 4000);
    }
  };

  form.addEventListener("submit", (event) => {
    if (answered) return;
    event.preventDefault();
    tryNow();
  });
  window.addEventListener("online", () => note.textContent && tryNow());
}

/**
 * A folded question says beside its title what holds now, also after it was changed and folded again.
 * @param {Element} fold
 */
function told(fold) {
  const line = fold.querySelector("[data-answer]");
  if (!line) return;
  fold.addEventListener("change", () => {
    const said = [];
    for (const one of /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (fold.querySelectorAll("input, select"))) {
      if (one instanceof HTMLSelectElement) said.push(one.selectedOptions[0]?.text);
      else if (one.type === "radio") said.push(one.checked ? one.closest("label")?.innerText.trim() : "");
      else said.push(one.value);
    }
    line.textContent = said.filter(Boolean).join(", ");
  });
}

for (const fold of document.querySelectorAll("[data-fold]")) told(fold);
for (const form of document.querySelectorAll("form[data-patient]")) patient(/** @type {HTMLFormElement} */ (form));
for (const box of document.querySelectorAll("textarea[data-looks]")) watch(/** @type {HTMLTextAreaElement} */ (box));
asNeeded("place", ["elsewhere"], "elsewhere");
asNeeded("language", ["other"], "other_language");
asNeeded("agreement", ["not_yet"], "agreement_why_not");
asNeeded("audience", ["several", "family", "group", "staff"], "n_people");
