// Text fields with code in them: colours, line numbers, and what is wrong at its line.
"use strict";

// Jinja in other languages. Its mode for whole files takes the # of a shell for a statement.
CodeMirror.defineMode("jinja", (config, options) => {
  const jinja = CodeMirror.getMode(config, "jinja2");
  const begins = (stream) => stream.match(/^\{[{%#]/, false);
  const overlay = {
    startState: () => CodeMirror.startState(jinja),
    copyState: (state) => CodeMirror.copyState(jinja, state),
    token(stream, state) {
      if (state.intag || state.incomment || begins(stream)) return jinja.token(stream, state) || "variable";
      do stream.next(); while (!stream.eol() && !begins(stream));
      return null;
    },
  };
  return CodeMirror.overlayMode(CodeMirror.getMode(config, options.base), overlay);
});

function language(name, text) {
  const plain = name.replace(/\.(j2|jinja2)$/, "");
  if (/\.py$/.test(plain)) return "python";
  if (/\.(ya?ml|json)$/.test(plain)) return "yaml";
  if (/\.(sh|bash|sbatch|slurm)$/.test(plain)) return "shell";
  if (/^#!.*python/.test(text)) return "python";
  return /^#!/.test(text) ? "shell" : null;
}

function modeOf(field) {
  if (field.dataset.language) return field.dataset.language;
  const base = language(field.form.elements.filename?.value ?? "", field.value);
  return { name: "jinja", base };
}

// The places in the list of remarks, beside the lines that they are about.
function mark(editor, remarks) {
  editor.clearGutter("problems");
  editor.eachLine((line) => editor.removeLineClass(line, "background"));
  for (const item of remarks.querySelectorAll("li[data-line]")) {
    const line = Math.min(Number(item.dataset.line), editor.lineCount()) - 1;
    const sign = document.createElement("span");
    const look = item.classList.contains("bad") ? "bad" : "warn";
    sign.className = `mark ${look}`;
    sign.title = item.textContent.trim();
    editor.setGutterMarker(line, "problems", sign);
    editor.addLineClass(line, "background", `marked ${look}`);
  }
}

function edit(field) {
  const label = field.labels[0]?.textContent ?? field.name;
  const editor = CodeMirror.fromTextArea(field, {
    mode: modeOf(field),
    theme: "portal",
    lineNumbers: true,
    gutters: ["problems", "CodeMirror-linenumbers"],
    inputStyle: "contenteditable",
    screenReaderLabel: label,
    lineWrapping: false,
    indentUnit: 4,
    viewportMargin: 200,
    // The keyboard leads out of the field; Ctrl+] and Ctrl+[ indent.
    extraKeys: { Tab: false, "Shift-Tab": false },
  });
  const input = editor.getInputField();
  input.setAttribute("role", "textbox");
  input.setAttribute("aria-multiline", "true");
  const described = field.getAttribute("aria-describedby");
  if (described) input.setAttribute("aria-describedby", described);
  for (const known of field.labels) known.addEventListener("click", () => editor.focus());
  editor.on("change", () => {
    editor.save();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.form.elements.filename?.addEventListener("change", () => editor.setOption("mode", modeOf(field)));
  const remarks = described && document.getElementById(described.split(" ")[0]);
  if (!remarks) return;
  mark(editor, remarks);
  remarks.addEventListener("htmx:afterSettle", () => mark(editor, remarks));
  remarks.addEventListener("click", (event) => {
    const line = event.target.closest("a[data-line]")?.dataset.line;
    if (!line) return;
    event.preventDefault();
    editor.focus();
    editor.setCursor(Number(line) - 1, 0);
  });
}

document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("textarea[data-editor]")) edit(field);
});

// What was typed and not saved is not left by accident.
let typed = false;
document.addEventListener("input", (event) => {
  if (event.target.form?.method === "post") typed = true;
});
document.addEventListener("submit", () => { typed = false; });
window.addEventListener("beforeunload", (event) => {
  if (typed) event.preventDefault();
});
