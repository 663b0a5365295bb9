// The transcript follows the sound within its own box, until its reader scrolls; links lead to turns and questions.
const box = document.getElementById("words");
const follow = document.getElementById("follow");
const turns = [...box.querySelectorAll("[data-turn]")].map((element) => ({
  element, from: Number(element.dataset.fromMs), to: Number(element.dataset.toMs),
}));
let follows = true;
let current = null;

document.addEventListener("moment", (event) => {
  const { ms, plays } = event.detail;
  const turn = turnAt(ms);
  if (turn === current) return;
  current?.element.removeAttribute("aria-current");
  current = turn;
  current?.element.setAttribute("aria-current", "true");
  if (follows && current && (plays || ms > 0)) bring(current.element);
});

function turnAt(ms) {
  let found = null;
  for (const turn of turns) {
    if (turn.from > ms) break;
    if (!found || turn.to >= ms || turn.from > found.from) found = turn;
  }
  return found;
}

function bring(element) {
  const top = element.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  box.scrollTo({ top: top - box.clientHeight / 3, behavior: calm ? "auto" : "smooth" });
}

const readerScrolls = () => {
  follows = false;
  follow.hidden = false;
};
box.addEventListener("wheel", readerScrolls, { passive: true });
box.addEventListener("touchmove", readerScrolls, { passive: true });
box.addEventListener("keydown", (event) => {
  if (["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"].includes(event.key)) readerScrolls();
});
follow.addEventListener("click", () => {
  follows = true;
  follow.hidden = true;
  if (current) bring(current.element);
});

// A click on a turn's words seeks, unless somebody selects them or follows a link.
box.addEventListener("click", (event) => {
  if (event.target.closest("a") || String(getSelection())) return;
  const turn = event.target.closest("[data-turn]");
  if (!turn) return;
  document.dispatchEvent(new CustomEvent("seek", { detail: { ms: Number(turn.dataset.fromMs) } }));
});

// Somebody came from a lane: show what its sign is about.
document.addEventListener("lead", (event) => {
  const target = document.getElementById(event.detail.to.slice(1));
  if (target?.matches("[data-turn]")) bring(target);
});
