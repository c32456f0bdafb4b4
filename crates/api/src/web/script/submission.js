// What changes of a submission arrives by server-sent events; whether it does is said.
"use strict";

(() => {
  const connection = () => document.getElementById("connection");

  document.addEventListener("htmx:sseError", () => {
    const note = connection();
    if (!note) return;
    note.textContent = "The connection is interrupted: what is shown may be out of date. It is tried again.";
    note.hidden = false;
  });

  document.addEventListener("htmx:sseOpen", () => {
    const note = connection();
    if (note) note.hidden = true;
  });
})();
