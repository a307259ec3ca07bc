// @ts-check
/** Light, dark, or as the device: kept in this browser only. Shown only where a script can act on it. */
export function themes() {
  const root = document.documentElement;
  for (const group of document.querySelectorAll("[data-themes]")) {
    /** @type {HTMLButtonElement[]} */
    const buttons = Array.from(group.querySelectorAll("[data-set-theme]"));
    const show = () => {
      const now = root.getAttribute("data-theme") ?? "";
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.setTheme === now));
    };
    for (const button of buttons) {
      button.addEventListener("click", () => {
        const theme = button.dataset.setTheme ?? "";
        if (theme) root.setAttribute("data-theme", theme);
        else root.removeAttribute("data-theme");
        try {
          if (theme) localStorage.setItem("versants-theme", theme);
          else localStorage.removeItem("versants-theme");
        } catch (refused) {
          // Storage is closed: the choice holds for this page.
        }
        show();
      });
    }
    show();
    /** @type {HTMLElement} */ (group).hidden = false;
  }
}
