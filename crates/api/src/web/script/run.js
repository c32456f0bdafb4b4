// The form of an application: what is being typed stays when its questions are exchanged.
"use strict";

// What the server answers was typed a moment ago; what is there now counts.
function keepTyped(fresh) {
  for (const field of fresh.querySelectorAll("input, select, textarea, details")) {
    const live = field.id && document.getElementById(field.id);
    if (!live || live.tagName !== field.tagName || field.readOnly) continue;
    if (field.tagName === "DETAILS") {
      field.toggleAttribute("open", live.open);
    } else if (field.type === "checkbox" || field.type === "radio") {
      field.toggleAttribute("checked", live.checked);
    } else if (field.tagName === "SELECT") {
      const options = [...field.options];
      if (!options.some((option) => option.value === live.value)) continue;
      for (const option of options) option.toggleAttribute("selected", option.value === live.value);
    } else if (field.tagName === "TEXTAREA") {
      field.textContent = live.value;
    } else if (field.type === live.type) {
      field.setAttribute("value", live.value);
    }
  }
}

document.addEventListener("htmx:oobBeforeSwap", (event) => keepTyped(event.detail.fragment));

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) document.getElementById("notice").replaceChildren();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Without TLS there is no clipboard of the new kind.
    document.execCommand("copy");
  }
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = words; }, 2000);
});

// Said before they are sent in vain.
document.addEventListener("change", (event) => {
  if (event.target.id !== "files") return;
  const size = [...event.target.files].reduce((sum, file) => sum + file.size, 0);
  const isTooMuch = size > Number(event.target.dataset.most);
  document.getElementById("files-problem").textContent =
    isTooMuch ? "These files are too large together: choose fewer or smaller ones." : "";
});
