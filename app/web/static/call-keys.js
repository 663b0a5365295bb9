// Work without a mouse: one question is the current one; keys move, hear, agree and answer. They rest while one writes.
const HANDLED = new Map([
  [" ", () => press("play")], ["k", () => press("play")], ["j", () => press("back")], ["l", () => press("forward")],
  ["n", () => move(1)], ["p", () => move(-1)], ["f", nextFlag],
  ["e", () => within("[data-plays]", "This question has nothing to play.")?.click()],
  ["y", () => within("[data-agrees]", "There is no answer of the machine's to agree with, or somebody answered.")?.click()],
  ["o", () => openForm("answer")], ["c", () => openForm("comment")], ["?", () => document.getElementById("keys").showModal()],
]);
const FORM = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const PRESSED_BY_SPACE = "a, button, summary, input, select, textarea, [role=button]";
let currentId = null;
let flagAt = -1;

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { leave(event.target); return; }
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) {
    event.target.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest(FORM)) return;
  if (event.key === " " && event.target.closest(PRESSED_BY_SPACE)) return;
  const does = HANDLED.get(event.key);
  if (!does) return;
  event.preventDefault();
  does();
});
document.getElementById("show-keys")?.addEventListener("click", () => document.getElementById("keys").showModal());

function press(id) {
  document.getElementById(id)?.click();
}

function questions() {
  return [...document.querySelectorAll("article[data-criterion]")];
}

function current() {
  return questions().find((each) => each.dataset.criterion === currentId);
}

function move(by) {
  const all = questions();
  if (!all.length) return;
  const at = all.indexOf(current());
  choose(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length]);
}

function choose(question, focuses = true) {
  current()?.classList.remove("is-current");
  currentId = question.dataset.criterion;
  question.classList.add("is-current");
  if (focuses) question.focus({ preventScroll: true });
  question.scrollIntoView({ block: "nearest" });
}

function nextFlag() {
  const flags = [...document.querySelectorAll("[data-flag=open]")];
  if (!flags.length) { say("No open flags."); return; }
  flagAt = (flagAt + 1) % flags.length;
  const flag = flags[flagAt];
  flags.forEach((each) => each.classList.toggle("is-current", each === flag));
  const question = document.getElementById(`criterion-${flag.dataset.criterion}`);
  if (question) choose(question);
  else flag.focus();
  flag.scrollIntoView({ block: "nearest" });
  const clip = flag.querySelector("[data-plays]") || question?.querySelector("[data-plays]");
  if (clip) document.dispatchEvent(new CustomEvent("seek", { detail: { ms: Number(clip.dataset.fromMs) } }));
}

function within(selector, otherwise) {
  const question = current();
  const found = question?.querySelector(selector);
  if (!found) say(question ? otherwise : "Choose a question first: press n.");
  return found;
}

function openForm(kind) {
  const around = current() || (kind === "comment" ? document.getElementById("notes") : null);
  const form = around?.querySelector(`details[data-form=${kind}]`);
  if (!form) { say(around ? "You cannot do that here." : "Choose a question first: press n."); return; }
  form.open = true;
  form.querySelector("input:not([type=hidden]), textarea").focus();
  form.scrollIntoView({ block: "nearest" });
}

function leave(element) {
  const form = element.closest("details.does");
  const question = element.closest("article[data-criterion]");
  if (form) form.open = false;
  if (question) choose(question);
  else if (form) form.querySelector("summary").focus();
  document.getElementById("sound")?.pause();
}

function say(text) {
  document.dispatchEvent(new CustomEvent("told", { detail: { value: text } }));
}

// Who clicks into a question works on that one.
document.addEventListener("focusin", (event) => {
  const question = event.target.closest("article[data-criterion]");
  if (question && question.dataset.criterion !== currentId) choose(question, false);
});
document.addEventListener("lead", (event) => {
  const target = document.getElementById(event.detail.to.slice(1));
  if (target?.matches("article[data-criterion]")) choose(target);
});

// A link or an address may lead to a question.
const toQuestion = () => {
  const target = location.hash.startsWith("#criterion-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) choose(target);
};
addEventListener("hashchange", toQuestion);
addEventListener("load", toQuestion);

// Opening a form puts the writer into it. The browser tells of it later: who writes already is left where they are.
document.addEventListener("toggle", (event) => {
  const form = event.target.matches?.("details.does") && event.target.open && event.target.querySelector("form");
  if (form && !form.contains(document.activeElement)) form.querySelector("input:not([type=hidden]), textarea")?.focus();
}, true);
// htmx puts a new question in the place of the old one: it stays current.
document.addEventListener("htmx:afterSettle", () => {
  const question = current();
  if (!question || question.classList.contains("is-current")) return;
  choose(question, document.activeElement === document.body);
});
