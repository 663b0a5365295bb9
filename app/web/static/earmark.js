// What every page does: the menu on phones, filters that send themselves, messages, keys.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggles]");
  if (!button) return;
  const target = document.getElementById(button.dataset.toggles);
  const open = target.classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(open));
});

// A filter that is changed is meant: its form goes off by itself. Empty fields stay out of the address.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sends-itself]");
  if (form) form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get") return;
  for (const field of form.elements) if (field.name && field.value === "") field.disabled = true;
});

// htmx: a message of the server's, and what went wrong, in words.
document.addEventListener("htmx:responseError", (event) => tell(errorOf(event.detail.xhr)));
document.addEventListener("htmx:sendError", () => tell("The server does not answer; nothing was changed."));
document.addEventListener("told", (event) => tell(event.detail.value));

function errorOf(xhr) {
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  return page.querySelector("main p")?.textContent || `The server answered ${xhr.status}.`;
}

function tell(text) {
  const told = document.createElement("p");
  told.textContent = text;
  document.getElementById("told").append(told);
  setTimeout(() => told.remove(), 6000);
}

// A link or button with data-key is pressed by that key, but not while somebody writes.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
});

function isWriting(element) {
  return element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}
