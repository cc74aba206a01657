// The page works without this file. With it, a click on the map chooses where you start.
"use strict";
(() => {
  const map = document.getElementById("map");
  const place = document.getElementById("place");
  const home = document.getElementById("home");
  const said = document.getElementById("map-said");
  if (!map || !place) return;
  document.getElementById("map-hint").hidden = false;
  map.classList.add("clickable");
  const dots = [...map.querySelectorAll("[data-place]")].filter((dot) =>
    [...place.options].some((option) => option.value === dot.dataset.place));
  const spot = (dot) => dot.transform.baseVal[0].matrix;
  const show = (dot) => {
    home.removeAttribute("hidden");
    home.removeAttribute("display");
    home.setAttribute("transform", `translate(${spot(dot).e} ${spot(dot).f})`);
    said.textContent = `${said.dataset.home}: ${dot.querySelector("title").textContent}`;
  };
  map.addEventListener("click", (event) => {
    if (event.target.closest("a") || !dots.length) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    const far = (dot) => Math.hypot(spot(dot).e - at.x, spot(dot).f - at.y);
    const nearest = dots.reduce((best, dot) => (far(dot) < far(best) ? dot : best));
    place.value = nearest.dataset.place;
    show(nearest);
  });
  place.addEventListener("change", () => {
    const dot = dots.find((one) => one.dataset.place === place.value);
    if (dot) show(dot);
    else home.setAttribute("display", "none");
  });
})();
