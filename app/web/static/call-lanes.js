// Waveform and lanes share one axis: a click anywhere seeks, signs lead to what they are about, a line shows the moment.
const player = document.getElementById("player");
const lanes = document.getElementById("lanes");
const wave = document.getElementById("wave");
const durationMs = Number(player.dataset.durationMs);

player.addEventListener("click", (event) => {
  const lane = event.target.closest("[data-seeks]");
  if (!lane) return;
  const item = event.target.closest("[data-from-ms]");
  const box = lane.getBoundingClientRect();
  const ms = ((event.clientX - box.left) / box.width) * durationMs;
  const isSign = item && item.classList.contains("sign");
  document.dispatchEvent(new CustomEvent("seek", { detail: { ms: isSign ? Number(item.dataset.fromMs) : ms } }));
  if (item?.dataset.leads) document.dispatchEvent(new CustomEvent("lead", { detail: { to: item.dataset.leads } }));
});

const heads = [document.getElementById("playhead"), wave && wave.parentElement.appendChild(document.createElement("div"))];
if (heads[1]) { heads[1].className = "playhead"; heads[1].hidden = true; }

document.addEventListener("moment", (event) => {
  for (const head of heads) {
    if (!head) continue;
    const first = head.parentElement.querySelector("[data-seeks]");
    const width = first.getBoundingClientRect().width;
    const left = first.getBoundingClientRect().left - head.parentElement.getBoundingClientRect().left;
    const last = [...head.parentElement.querySelectorAll("[data-seeks]")].at(-1).getBoundingClientRect();
    head.hidden = false;
    head.style.height = `${last.bottom - head.parentElement.getBoundingClientRect().top}px`;
    head.style.transform = `translateX(${left + (width * Math.min(event.detail.ms, durationMs)) / durationMs}px)`;
  }
});
addEventListener("resize", () => {
  const sound = document.getElementById("sound");
  if (sound) document.dispatchEvent(new CustomEvent("moment", { detail: { ms: sound.currentTime * 1000 } }));
});

// The columns below fill what the player leaves of the window.
if (lanes || wave) {
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--player-height", `${player.offsetHeight}px`);
  }).observe(player);
}
