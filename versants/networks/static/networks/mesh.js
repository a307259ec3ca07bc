// @ts-check
// Number fields marked data-slider become sliders with their figure beside them. Without this they stay fields.

for (const field of document.querySelectorAll("input[data-slider]")) {
  if (field instanceof HTMLInputElement) {
    const said = document.createElement("output");
    said.className = "slider-said num";
    said.htmlFor.add(field.id);
    said.textContent = field.value;
    field.type = "range";
    field.addEventListener("input", () => {
      said.textContent = field.value;
    });
    field.after(said);
  }
}
