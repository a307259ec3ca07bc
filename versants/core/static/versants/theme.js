// Loaded before the page is painted, so that a chosen theme never flashes. Without storage the system decides.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("scripted");
  try {
    var chosen = localStorage.getItem("versants-theme");
    if (chosen === "light" || chosen === "dark") root.setAttribute("data-theme", chosen);
  } catch (refused) {
    // Storage is closed (private window, strict settings): nothing to remember, nothing to say.
  }
})();
