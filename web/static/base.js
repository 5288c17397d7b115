// What every page needs: focus goes to the heading of what htmx has swapped in, and to the summary of errors.
// All names of htmx events stand in this file, so that another version of htmx changes one place.
"use strict";

function focusOn(element) {
  if (!element) return;
  if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
  element.focus();
}

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  if (part.matches("[data-focus]")) focusOn(part.querySelector("[role=alert], h1, h2") || part);
});

document.addEventListener("DOMContentLoaded", () => focusOn(document.querySelector(".error-summary")));

// The settings close as a menu does: by Escape, and by a click elsewhere.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector(".settings[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  const open = document.querySelector(".settings[open]");
  if (open && !open.contains(event.target)) open.open = false;
});
