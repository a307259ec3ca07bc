// @ts-check
// Number fields marked data-slider become sliders with their figure beside them. Without this they stay fields.

for (const field of document.querySelectorAll("input[data-slider]")) {
  // What was refused stays as it was typed: a slider would show another figure.
  if (field instanceof HTMLInputElement && field.getAttribute("aria-invalid") !== "true") {
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

// Two maps side by side become one over the other, with a slider between: the second is drawn up to where it stands. The
// name of each stands on its side of the line; most of the second shows at first, with all that it adds.
for (const pair of document.querySelectorAll("[data-compare]")) {
  const [first, second] = pair.querySelectorAll("figure");
  if (pair instanceof HTMLElement && first && second) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.max = "100";
    slider.value = pair.dataset.shown ?? "70";
    slider.dir = "ltr";
    slider.setAttribute("aria-label", pair.dataset.compare ?? "");
    slider.dataset.slider = "";
    slider.dataset.test = "compare";
    const show = () => pair.style.setProperty("--shown", `${slider.value}%`);
    slider.addEventListener("input", show);
    pair.classList.add("over");
    pair.after(slider);
    show();
  }
}
