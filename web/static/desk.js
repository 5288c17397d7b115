// The desk's keys, and typed text that is kept while it is typed. Without this script everything can be done as well.
"use strict";

// A key does what the element that names it in aria-keyshortcuts does; who has switched keys off gets no such element.
// Never while somebody types, nor while an input method composes (229), nor with a modifier.
const TYPED_INTO = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape" && document.activeElement.matches(TYPED_INTO)) document.activeElement.blur();
  if (event.target.closest(TYPED_INTO)) return;
  if (event.key === "f" && document.querySelector("[aria-keyshortcuts]")) {
    const first = document.querySelector("[data-fields] :is(input:not([type=hidden]), select, textarea)");
    if (first) {
      event.preventDefault();
      first.focus();
      return;
    }
  }
  const key = event.key === "?" ? "?" : event.key.toLowerCase();
  const named = [...document.querySelectorAll("[aria-keyshortcuts]")];
  const found = named.find((element) => element.getAttribute("aria-keyshortcuts") === key);
  if (!found) return;
  event.preventDefault();
  if (found.matches("[data-key-focuses]")) found.focus();
  else found.click();
});

// What is typed is kept a second after the last key, by the form's own draft address.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const state = form.querySelector("[data-draft-state]");
  let waiting = 0;
  const keep = async () => {
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, headers: { "HX-Request": "true" } });
      state.textContent = answer.ok ? form.dataset.kept : form.dataset.notKept;
    } catch {
      state.textContent = form.dataset.notKept;
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 1000);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
}
