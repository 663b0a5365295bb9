// The call of a calibration session: times in the transcript seek the sound, keys play it, the words follow.
const sound = document.getElementById("call-sound");
const turns = [...document.querySelectorAll(".turn[data-start-ms]")];

document.querySelector(".transcript")?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-seek-ms]");
  if (!button) return;
  sound.currentTime = Number(button.dataset.seekMs) / 1000;
  sound.play();
});

sound?.addEventListener("timeupdate", () => {
  const nowMs = sound.currentTime * 1000;
  for (const turn of turns) {
    const speaks = Number(turn.dataset.startMs) <= nowMs && nowMs < Number(turn.dataset.endMs);
    turn.classList.toggle("is-spoken", speaks);
  }
});

document.getElementById("play-sound")?.addEventListener("click", () => (sound.paused ? sound.play() : sound.pause()));
document.getElementById("back-sound")?.addEventListener("click", () => {
  sound.currentTime = Math.max(0, sound.currentTime - 5);
});
