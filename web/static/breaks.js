// Keys of the breaks: they work only while the focus is within the list or the break, and never while somebody types.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const place = event.target.closest("[data-keys]");
  if (!place) return;
  if (event.key === "Escape" && event.target.matches("input")) document.querySelector("[data-chosen]")?.focus();
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "j" || event.key === "k") {
    const rows = [...place.querySelectorAll("tbody th a[href*='at=']")];
    const at = rows.findIndex((row) => row.matches("[data-chosen]"));
    const next = rows[at + (event.key === "j" ? 1 : -1)] ?? (event.key === "j" ? place.querySelector("[rel=next]") : null);
    if (next) next.click();
    return;
  }
  const found = [...place.querySelectorAll("[aria-keyshortcuts]")].find(
    (element) => element.getAttribute("aria-keyshortcuts") === event.key,
  );
  if (!found) return;
  event.preventDefault();
  if (found.matches("[data-key-focuses]")) found.focus();
  else found.click();
});
