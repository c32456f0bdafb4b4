// Choosing several submissions of the list.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const list = document.getElementById("list");
  const all = document.getElementById("choose-all");
  if (!list || !all) return;
  const boxes = () => [...list.querySelectorAll("input[name=id]")];
  const chosen = document.getElementById("chosen");
  const button = chosen.closest("button");

  function show() {
    const count = boxes().filter((box) => box.checked).length;
    chosen.textContent = count ? `(${count})` : "";
    button.disabled = count === 0;
    all.checked = count > 0 && count === boxes().length;
    all.indeterminate = count > 0 && !all.checked;
  }

  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  list.addEventListener("change", show);
  // Whoever comes back finds what they had chosen.
  window.addEventListener("pageshow", show);
  show();
});
