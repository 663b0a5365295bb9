// The review queue: choose all calls of the page, and tell how many are chosen.
const boxes = [...document.querySelectorAll('input[type=checkbox][name="call_id"]')];
const all = document.querySelector('[data-chooses="call_id"]');
const told = document.querySelector('[data-counts="call_id"]');

function count() {
  const chosen = boxes.filter((box) => box.checked).length;
  if (told) told.textContent = chosen ? `${chosen} chosen` : "none chosen yet";
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  for (const box of boxes) box.closest("tr").setAttribute("aria-selected", String(box.checked));
}

if (all) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
}
for (const box of boxes) box.addEventListener("change", count);
if (boxes.length) count();
