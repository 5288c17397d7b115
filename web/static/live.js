// Live figures: the page's whole value comes over a WebSocket on each change, and every figure is written anew by its
// path. Nothing else of the page changes: the focus stays. It can be paused; how it stands is said when that changes.
"use strict";

(() => {
  const main = document.querySelector("main[data-live]");
  if (!main) return;
  const state = document.querySelector("[data-live-state]");
  const pause = document.querySelector("[data-live-pause]");
  const time = document.querySelector(".heading time");
  const isPast = document.querySelector("[data-replay]")?.dataset.replay === "past";
  let isPaused = false, newest = null, waitMs = 1000;

  // The same paths as web/figures.py: an element of a list is named by the texts that lead it.
  function figuresOf(value, path, found) {
    if (Array.isArray(value)) {
      for (const part of value) {
        if (part === null || typeof part !== "object") continue;
        const parts = Object.values(part);
        const end = parts.findIndex((each) => typeof each !== "string");
        const name = (end < 0 ? parts : parts.slice(0, end)).join("-");
        if (name) figuresOf(part, `${path}.${name}`, found);
      }
    } else if (value !== null && typeof value === "object") {
      for (const [key, part] of Object.entries(value)) figuresOf(part, path ? `${path}.${key}` : key, found);
    } else if (value === null || typeof value === "number") {
      found.set(path, value);
    }
    return found;
  }

  // As `duration` in presentation/formatting.py: by the largest unit, below three of it with the next smaller.
  const UNIT_S = [86400, 3600, 60, 1];
  const units = main.dataset.units.split("|");
  function duration(seconds, isShort) {
    const found = UNIT_S.findIndex((unit) => seconds >= unit);
    const largest = found < 0 ? 2 : found;
    const names = isShort ? units.slice(4) : units;
    const number = Math.floor(seconds / UNIT_S[largest]), rest = seconds % UNIT_S[largest];
    const text = `${number.toLocaleString("en-US")}${names[largest]}`;
    if (isShort || number >= 3 || largest >= 2 || rest < UNIT_S[largest + 1]) return text;
    return `${text} ${Math.floor(rest / UNIT_S[largest + 1])}${names[largest + 1]}`;
  }

  function shown(path, value, isShort) {
    if (value === null) return "–";
    if (path.endsWith("_minutes")) return duration(60 * value, isShort);
    if (path.endsWith("_seconds")) return duration(value, isShort);
    const digits = path.split(".").some((part) => part.endsWith("_fen")) ? 2 : Number.isInteger(value) ? 0 : 1;
    const number = digits === 2 ? value / 100 : value;
    return number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  function show(value) {
    const figures = figuresOf(value, "", new Map());
    for (const element of document.querySelectorAll("[data-figure]")) {
      const path = element.dataset.figure;
      if (!figures.has(path) || element.closest("[data-still]")) continue;
      const figure = figures.get(path);
      const text = figure === null ? "" : String(figure);
      if (element.dataset.value === text) continue;
      element.dataset.value = text;
      element.value = text;
      element.textContent = shown(path, figure, element.tagName === "tspan");
    }
    if (time && value.as_of) {
      time.dateTime = value.as_of;
      time.textContent = value.as_of.slice(0, 16).replace("T", " ");
    }
    document.dispatchEvent(new CustomEvent("jinbao:value", { detail: value })); // for what is drawn of it
  }

  function say(which) {
    const text = state.dataset[which];
    if (state.textContent !== text) state.textContent = text;
  }

  document.addEventListener("jinbao:show", (event) => {
    isPaused = true; // a past day is looked at; the page of now is a link away
    say("off");
    show(event.detail);
  });
  if (isPast) return;
  pause.hidden = false;
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    say(isPaused ? "off" : "on");
    if (!isPaused && newest) show(newest);
  });

  function connect() {
    const address = new URL(main.dataset.live, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.addEventListener("message", (event) => {
      waitMs = 1000;
      newest = JSON.parse(event.data);
      if (isPaused) return;
      say("on");
      show(newest);
    });
    socket.addEventListener("close", (event) => {
      if (event.code === 4401) return location.reload(); // asks to sign in, and comes back here
      if (!isPaused) say("lost");
      setTimeout(connect, waitMs * (0.5 + Math.random()));
      waitMs = Math.min(30000, waitMs * 2);
    });
  }
  connect();
})();
