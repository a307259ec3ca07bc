// @ts-check
/** What a passkey's failure looks like: a sentence on the page, and the button works again. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const line of document.querySelectorAll("[data-passkey-failed]")) {
    if (line instanceof HTMLElement) line.hidden = false;
  }
});
