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

// What is typed is kept a second after the last key, by the form's own draft address; what is not kept yet when a form
// is submitted is kept first, and where that fails (nobody is signed in any more, no server answers) nothing is sent:
// the typed text stays where it is.
async function sent(form) {
  const body = new URLSearchParams(new FormData(form));
  body.set("keep", "1");
  return (await fetch(form.dataset.draft, { method: "POST", body, headers: { "HX-Request": "true" } })).ok;
}

// Whoever has signed in again in another window has another token: the forms of this page take it over.
async function renewed() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const token = page.querySelector("main form:not([action='/login']) [name=csrf_token]")?.value;
  if (token) document.querySelectorAll("[name=csrf_token]").forEach((input) => (input.value = token));
  return Boolean(token);
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const state = form.querySelector("[data-draft-state]");
  let waiting = 0;
  let unkept = false;
  const keep = async () => {
    clearTimeout(waiting);
    let kept = false;
    try {
      kept = (await sent(form)) || ((await renewed()) && (await sent(form)));
    } catch {} // no server answers
    unkept = !kept;
    state.textContent = kept ? form.dataset.kept : form.dataset.notKept;
    return kept;
  };
  form.addEventListener("input", () => {
    unkept = true;
    clearTimeout(waiting);
    waiting = setTimeout(keep, 1000);
  });
  form.addEventListener("submit", async (event) => {
    clearTimeout(waiting);
    if (!unkept) return;
    event.preventDefault();
    if (await keep()) form.requestSubmit(event.submitter);
    else state.focus();
  });
}

// Ctrl+Enter submits from wherever somebody types, from a longer text or a list too.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.ctrlKey || event.isComposing || event.keyCode === 229 || event.repeat) return;
  const button = event.target.closest("form[data-draft]")?.querySelector("button.primary");
  if (!button || !document.querySelector("[aria-keyshortcuts]")) return;
  event.preventDefault();
  button.click();
});
