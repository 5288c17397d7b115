// The overview: the map and the matrix take their depth of colour from the figures, past days are replayed by a slider,
// and what the duty officer watches is said aloud at most every 30 seconds. Without this script all of it are links.
"use strict";

(() => {
  const SAID_EVERY_MS = 30000;
  const matrix = document.querySelector(".matrix");
  const aloud = document.querySelector("[data-said]");
  let saidAt = Date.now();

  function colour() {
    for (const drawing of document.querySelectorAll("[data-bounds]")) {
      const bounds = drawing.dataset.bounds.split(" ").map(Number);
      for (const figure of drawing.querySelectorAll("[data-figure]")) {
        const value = figure.dataset.value === "" ? -Infinity : Number(figure.dataset.value);
        const cell = figure.closest("td") || figure.closest("a").querySelector(".tile");
        cell.dataset.depth = bounds.filter((bound) => value >= bound).length;
      }
    }
  }

  // The cells of a value's flows: those that the page did not have are added, those that it no longer has emptied.
  function cells(value) {
    if (!matrix || "still" in matrix.dataset) return;
    const month = value.as_of.slice(0, 7);
    const flows = new Map(value.flows.map((flow) => [`${flow.from}-${flow.to}`, flow]));
    for (const cell of matrix.querySelectorAll("[data-flow]")) {
      const flow = flows.get(cell.dataset.flow);
      if (!flow || !flow.cases) {
        cell.replaceChildren();
        delete cell.dataset.depth;
        continue;
      }
      const link = cell.querySelector("a") || document.createElement("a");
      link.href = `/flows/${flow.from}/${flow.to}?month=${month}`;
      if (link.parentNode) continue;
      const figure = document.createElement("data");
      figure.dataset.figure = `flows.${cell.dataset.flow}.cases`;
      figure.dataset.value = figure.value = figure.textContent = String(flow.cases);
      link.append(figure);
      cell.append(link);
    }
  }

  // Lists of alerts are made by the server: once others stand, their parts of the page are asked for again.
  async function attend(value) {
    const block = document.getElementById("attention");
    const stands = value.alerts.map((row) => `${row.alert}-${row.province ?? "None"}-${row.state} `).join("");
    if (!block || block.dataset.alerts === stands) return;
    block.dataset.alerts = stands;
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["attention", "silent-names"]) {
      const fresh = page.getElementById(id);
      if (fresh) document.getElementById(id).replaceChildren(...fresh.childNodes);
    }
  }

  document.addEventListener("jinbao:value", (event) => {
    cells(event.detail);
    colour();
    attend(event.detail);
    for (const part of document.querySelectorAll("[data-shown-from]")) {
      part.hidden = part.querySelector("[data-figure]").dataset.value < Number(part.dataset.shownFrom);
    }
    if (!aloud || Date.now() - saidAt < SAID_EVERY_MS) return;
    const parts = [...document.querySelectorAll("[data-aloud]")].map((part) => part.textContent.trim().replace(/\s+/g, " "));
    const text = parts.join("; ");
    if (text === aloud.textContent) return;
    saidAt = Date.now();
    aloud.textContent = text;
  });

  const form = document.querySelector("[data-replay]");
  if (!form) return;
  const slider = form.querySelector("[type=range]");
  const field = form.querySelector("[name=at]");
  const play = form.querySelector("[data-play]");
  const pace = form.querySelector("select");
  const first = Date.parse(form.dataset.first);
  let isPlaying = false, isAsking = false;

  // A time of day behind the day that was asked for stays, whichever day the slider comes to.
  const timeOfDay = field.value.slice(10);
  const dayOf = (number) => new Date(first + number * 86400000).toISOString().slice(0, 10) + timeOfDay;

  // A day that takes a while to be folded is asked for again; the slider may have moved on meanwhile.
  async function look() {
    if (isAsking) return;
    isAsking = true;
    try {
      for (let shown = ""; shown !== dayOf(slider.value); ) {
        const day = dayOf(slider.value);
        const answer = await fetch(`/api/overview?at=${day}`);
        if (answer.status === 504) {
          await new Promise((resolve) => setTimeout(resolve, 500));
          continue;
        }
        if (!answer.ok) break;
        field.value = shown = day;
        slider.setAttribute("aria-valuetext", day);
        document.dispatchEvent(new CustomEvent("jinbao:show", { detail: await answer.json() }));
        form.querySelector("[data-now]").hidden = false;
        history.replaceState(null, "", `?at=${day}`);
      }
    } finally {
      isAsking = false;
    }
  }

  async function goOn() {
    while (isPlaying && Number(slider.value) < Number(slider.max)) {
      const next = new Promise((resolve) => setTimeout(resolve, 1000 / Number(pace.value)));
      slider.value = Number(slider.value) + 1;
      await Promise.all([look(), next]);
    }
    setPlaying(false);
  }

  function setPlaying(on) {
    isPlaying = on;
    play.setAttribute("aria-pressed", String(on));
    play.textContent = on ? play.dataset.stop : play.dataset.start;
  }

  slider.max = Math.round((Date.parse(form.dataset.last) - first) / 86400000);
  slider.value = Math.round((Date.parse(field.value.slice(0, 10)) - first) / 86400000);
  slider.setAttribute("aria-valuetext", field.value);
  slider.addEventListener("input", look);
  play.addEventListener("click", () => {
    setPlaying(!isPlaying);
    if (isPlaying) goOn();
  });
  for (const element of form.querySelectorAll("[data-scripted]")) element.hidden = false;
})();
