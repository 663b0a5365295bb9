// Files are sent one after the other, each with its progress; without this script the form sends them all at once.
// A module that is imported by another address than the page's would run twice: messages go by an event.
const tell = (text) => document.dispatchEvent(new CustomEvent("told", { detail: { value: text } }));

const form = document.getElementById("upload");
if (form) begin(form);

function begin(form) {
  const drop = form.querySelector("#drop");
  const input = form.querySelector("#recordings");
  form.classList.add("can-drop");
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const files = [...input.files];
    const about = [...new FormData(form).entries()].filter(([, value]) => typeof value === "string");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    let kept = 0;
    for (const file of files) if (await send(form, file, about)) kept += 1;
    button.disabled = false;
    if (kept === files.length) form.reset();
    document.body.dispatchEvent(new CustomEvent("uploaded"));
    if (kept) tell(kept === 1 ? "1 recording was added." : `${kept} recordings were added.`);
  });
}

function send(form, file, about) {
  const line = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  const state = document.createElement("span");
  name.textContent = file.name;
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", `${file.name}: sent`);
  state.textContent = "being sent";
  line.append(name, bar, state);
  form.querySelector("#sending").append(line);
  const wrong = (told) => {
    state.textContent = told;
    state.className = "is-wrong";
    bar.remove();
    return false;
  };
  const most = Number(form.dataset.mostMb);
  if (file.size > most * 1e6) return Promise.resolve(wrong(`larger than ${most} MB`));
  const body = new FormData();
  for (const [key, value] of about) body.append(key, value);
  body.append("recordings", file);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("x-form-token", document.body.dataset.formToken);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total);
    });
    request.addEventListener("error", () => resolve(wrong("the server broke off; try again")));
    request.addEventListener("load", () => {
      if (request.status === 201) {
        line.remove();
        resolve(true);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      resolve(wrong(page.querySelector("main p")?.textContent || `the server answered ${request.status}`));
    });
    request.send(body);
  });
}
