// Buttons that copy what is ready to be copied.
"use strict";

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(block, button) {
  try {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
  } catch {
    // Without HTTPS there is no clipboard: what is selected can be copied by hand.
    select(block);
    button.textContent = "Selected: press Ctrl+C";
  }
  window.setTimeout(() => (button.textContent = "Copy"), 3000);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const block of document.querySelectorAll("pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${block.dataset.copy}`);
    button.addEventListener("click", () => {
      button.removeAttribute("aria-label");
      copy(block, button);
    });
    const both = document.createElement("div");
    both.className = "copyable";
    block.before(both);
    both.append(button, block);
  }
});
