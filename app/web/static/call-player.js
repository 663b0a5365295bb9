// The sound of a call: one audio element, its waveform, and clips. Other scripts listen to the element's own events,
// and ask for things by "seek" ({ms, plays}) and "clip" ({from, to}) on the document.
const player = document.getElementById("player");
const sound = document.getElementById("sound");

if (sound) {
  const clock = document.getElementById("clock");
  const play = document.getElementById("play");
  const durationMs = Number(player.dataset.durationMs);
  let stopsAtMs = null;

  sound.removeAttribute("controls");
  document.querySelectorAll("[data-needs-scripts]").forEach((each) => (each.hidden = false));

  // Times that are asked for before anything was loaded: the element takes them up when it plays.
  const seek = (ms) => {
    sound.currentTime = Math.min(Math.max(ms, 0), durationMs) / 1000;
    show();
  };
  const toggle = () => {
    stopsAtMs = null;
    return sound.paused ? start() : sound.pause();
  };
  const start = () => sound.play().catch((error) => { if (error.name !== "AbortError") sayProblem(); });

  const show = () => {
    const seconds = Math.floor(sound.currentTime);
    const told = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (clock.value !== told) clock.value = told;
    document.dispatchEvent(new CustomEvent("moment", { detail: { ms: sound.currentTime * 1000, plays: !sound.paused } }));
  };
  const whilePlaying = () => {
    if (stopsAtMs !== null && sound.currentTime * 1000 >= stopsAtMs) { stopsAtMs = null; sound.pause(); }
    show();
    if (!sound.paused) requestAnimationFrame(whilePlaying);
  };

  sound.addEventListener("play", () => {
    play.setAttribute("aria-label", "Pause");
    play.firstElementChild.textContent = "❚❚";
    requestAnimationFrame(whilePlaying);
  });
  sound.addEventListener("pause", () => {
    play.setAttribute("aria-label", "Play");
    play.firstElementChild.textContent = "▶";
    document.querySelectorAll(".clip.is-playing").forEach((each) => each.classList.remove("is-playing"));
    show();
  });
  sound.addEventListener("seeked", show);
  sound.addEventListener("timeupdate", () => { if (document.hidden && stopsAtMs !== null) whilePlaying(); });
  sound.addEventListener("error", sayProblem);

  play.addEventListener("click", toggle);
  document.getElementById("back").addEventListener("click", () => seek(sound.currentTime * 1000 - 5000));
  document.getElementById("forward").addEventListener("click", () => seek(sound.currentTime * 1000 + 5000));
  document.getElementById("speed").addEventListener("change", (event) => {
    sound.defaultPlaybackRate = sound.playbackRate = Number(event.target.value);
    event.target.blur(); // keys are for the call again
  });
  document.getElementById("unredacted")?.addEventListener("change", (event) => {
    const at = sound.currentTime, plays = !sound.paused;
    sound.src = player.dataset.sound + (event.target.checked ? "?unredacted=1" : "");
    sound.currentTime = at;
    if (plays) start();
  });

  document.addEventListener("seek", (event) => {
    if (stopsAtMs !== null) sound.pause(); // a clip was meant to end; to seek elsewhere does not make it a listening
    stopsAtMs = null;
    seek(event.detail.ms);
    if (event.detail.plays) start();
  });
  document.addEventListener("clip", (event) => {
    seek(event.detail.from);
    stopsAtMs = Math.min(event.detail.to, durationMs - 30);
    start();
  });

  // A clip's link would lead to a file of its own: with scripts it is played where it stands in the call.
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const clip = event.target.closest("[data-plays]");
    const moment = event.target.closest("[data-seeks-to]");
    if (!clip && !moment) return;
    event.preventDefault();
    if (moment) {
      document.dispatchEvent(new CustomEvent("seek", { detail: { ms: Number(moment.dataset.seeksTo), plays: true } }));
      return;
    }
    if (clip.classList.contains("is-playing")) { sound.pause(); return; }
    document.querySelectorAll(".clip.is-playing").forEach((each) => each.classList.remove("is-playing"));
    const { fromMs, toMs } = clip.dataset;
    document.dispatchEvent(new CustomEvent("clip", { detail: { from: Number(fromMs), to: Number(toMs) } }));
    clip.classList.add("is-playing");
  });

  // An address may name a moment: #t=12.5
  const toMoment = () => {
    const found = /^#t=([0-9]+(?:\.[0-9]+)?)$/.exec(location.hash);
    if (found) seek(Number(found[1]) * 1000);
  };
  addEventListener("hashchange", toMoment);
  addEventListener("load", toMoment); // by then everybody listens

  // A comment may be about the moment that is heard.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-takes-clock]") && !event.target.value && sound.currentTime > 0) {
      event.target.value = clock.value;
    }
  });

  drawWave();
}

async function sayProblem(text) {
  const problem = document.getElementById("sound-problem");
  problem.textContent = typeof text === "string" ? text : await whyNot(player.dataset.sound);
  problem.hidden = false;
}

async function whyNot(address) {
  try {
    const answer = await fetch(address, { headers: { Range: "bytes=0-0" } });
    if (answer.ok) return "The browser could not play this recording.";
    return reasonIn(await answer.text());
  } catch {
    return "The server does not answer, so the recording cannot be played now.";
  }
}

function reasonIn(page) {
  const told = new DOMParser().parseFromString(page, "text/html").querySelector("main p")?.textContent;
  return told || "The recording cannot be played.";
}

async function drawWave() {
  const wave = document.getElementById("wave");
  try {
    const [{ default: WaveSurfer }, answer] = await Promise.all([
      import(player.dataset.wavesurfer), fetch(player.dataset.peaks),
    ]);
    if (!answer.ok) { sayProblem(reasonIn(await answer.text())); return; }
    const { duration, peaks } = await answer.json();
    const roles = player.dataset.channels.split(" ");
    const height = matchMedia("(max-width: 52rem)").matches ? 22 : 30;
    const colours = () => {
      const style = getComputedStyle(document.documentElement);
      return peaks.map((_, channel) => {
        const own = style.getPropertyValue(roles[channel] === "customer" ? "--customer" : "--agent").trim();
        return { height, waveColor: own, progressColor: own, overlay: false };
      });
    };
    const drawn = WaveSurfer.create({
      container: wave, media: sound, peaks, duration, cspNonce: player.dataset.nonce, splitChannels: colours(),
      height, normalize: true, cursorWidth: 0, barWidth: 2, barGap: 1, barRadius: 1, barMinHeight: 1,
      interact: false, dragToSeek: false, hideScrollbar: true, autoScroll: false,
    });
    wave.classList.add("is-drawn");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.setOptions({ splitChannels: colours() }));
  } catch {
    wave.textContent = "No waveform here, but the sound plays.";
    wave.classList.add("is-missing");
  }
}
