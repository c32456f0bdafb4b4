// Colours for the files of applications. What is not understood stays as it is; nothing is ever made
// HTML of.
"use strict";

// What longer files would take is not worth it.
const LONGEST = 150000;

// What is opened and never closed is looked for so far only, for each opening again.
const JINJA = [
  ["comment", /\{#[\s\S]{0,500}?#\}/y],
  ["jinja", /\{\{[\s\S]{0,500}?\}\}|\{%[\s\S]{0,500}?%\}/y],
];
const STRINGS = ["string", /"(?:\\[\s\S]|[^"\\]){0,1000}"|'(?:\\[\s\S]|[^'\\]){0,1000}'/y];
const NUMBER = ["number", /\b(?:0x[\da-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b/iy];

const LANGUAGES = {
  "": [],
  sh: [
    ["directive", /^#(?:SBATCH|BSUB|PBS|\$)\b.*/my],
    ["comment", /(?<![\w$\\{])#.*/y],
    ["string", /"(?:\\[\s\S]|[^"\\]){0,1000}"|'[^']{0,1000}'/y],
    ["variable", /\$(?:\{[^}\n]*\}|\w+|[#?@*!$-])/y],
    ["keyword", /\b(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|in|function|return|exit|export|local|set|source|module|srun|mpirun|mpiexec|sbatch)\b(?![-\w=])/y],
    NUMBER,
  ],
  python: [
    ["string", /[rbfu]{0,2}(?:"""[\s\S]{0,3000}?"""|'''[\s\S]{0,3000}?'''|"(?:\\.|[^"\\\n]){0,1000}"|'(?:\\.|[^'\\\n]){0,1000}')/iy],
    ["comment", /#.*/y],
    ["variable", /@[\w.]+/y],
    ["keyword", /\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|False|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)\b/y],
    NUMBER,
  ],
  yaml: [
    ["comment", /(?<![^\s])#.*/y],
    ["keyword", /^[ \t]{0,100}(?:- ){0,9}[\w./-]{1,200}(?=:(?:\s|$))/my],
    STRINGS,
    ["variable", /[&*][\w-]+/y],
    ["number", /\b(?:true|false|null|yes|no)\b|\b\d+(?:\.\d+)?\b/iy],
  ],
};

// Words that hold no token are skipped whole, so that a number within a word is none.
const PLAIN = /[A-Za-z_]\w*|[^\S\n]+|[\s\S]/y;

function* tokens(text, rules) {
  let at = 0;
  while (at < text.length) {
    let found = null;
    for (const [kind, pattern] of rules) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match && match[0]) {
        found = [kind, match[0]];
        break;
      }
    }
    if (!found) {
      PLAIN.lastIndex = at;
      found = ["", PLAIN.exec(text)[0]];
    }
    at += found[1].length;
    yield found;
  }
}

const FILLED = /(\{\{[\s\S]{0,500}?\}\}|\{%[\s\S]{0,500}?%\})/;

// What is filled in stands out, in texts and comments as well.
function* tokensOfTemplate(text, rules) {
  for (const [kind, token] of tokens(text, [...JINJA, ...rules])) {
    const parts = kind && kind !== "jinja" && token.includes("{") ? token.split(FILLED) : [token];
    for (const [index, part] of parts.entries()) yield [index % 2 ? "jinja" : kind, part];
  }
}

// Each line is an element, which the style sheet numbers.
function lines(text, rules) {
  const all = document.createDocumentFragment();
  let line = null;
  const newLine = () => {
    line = document.createElement("span");
    line.className = "code-line";
    all.append(line);
  };
  newLine();
  for (const [kind, token] of tokensOfTemplate(text, rules)) {
    token.split("\n").forEach((part, index) => {
      if (index > 0) {
        line.append("\n");
        newLine();
      }
      if (!part) return;
      if (!kind) {
        line.append(part);
        return;
      }
      const mark = document.createElement("span");
      mark.className = `of-${kind}`;
      mark.textContent = part;
      line.append(mark);
    });
  }
  if (!line.hasChildNodes()) line.remove();
  return all;
}

function show(pre) {
  const code = pre.querySelector("code");
  if (!code || code.classList.contains("shown") || code.textContent.length > LONGEST) return;
  const own = LANGUAGES[pre.dataset.language] ?? [];
  code.replaceChildren(lines(code.textContent, own));
  code.classList.add("shown");
}

function showAll() {
  document.querySelectorAll("pre[data-language]").forEach((pre) => {
    const folded = pre.closest("details:not([open])");
    if (folded) folded.addEventListener("toggle", () => show(pre), { once: true });
    else show(pre);
  });
}

document.addEventListener("DOMContentLoaded", showAll);
