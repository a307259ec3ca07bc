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

// Two maps side by side become one over the other, with a slider between: the second is drawn up to where it stands, so
// that each end of the slider shows the map whose name stands there.
for (const pair of document.querySelectorAll("[data-compare]")) {
  const [first, second] = pair.querySelectorAll("figure");
  if (pair instanceof HTMLElement && first && second) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.max = "100";
    slider.value = "50";
    slider.dir = "ltr";
    slider.setAttribute("aria-label", pair.dataset.compare ?? "");
    slider.dataset.slider = "";
    slider.dataset.test = "compare";
    const show = () => pair.style.setProperty("--shown", `${slider.value}%`);
    slider.addEventListener("input", show);
    pair.classList.add("over");
    const ends = document.createElement("p");
    ends.className = "legend mesh-ends";
    ends.setAttribute("aria-hidden", "true"); // the slider's own name says it
    for (const figure of [first, second]) {
      const end = document.createElement("b");
      end.textContent = figure.querySelector("figcaption")?.textContent ?? "";
      ends.append(end);
    }
    pair.after(slider, ends);
    show();
  }
}
