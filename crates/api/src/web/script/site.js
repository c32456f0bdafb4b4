// What all pages have: instants in the reader's own time zone, and forms that are not sent twice.
"use strict";

function showLocalTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString();
  }
}

document.addEventListener("DOMContentLoaded", () => showLocalTimes(document));
document.addEventListener("htmx:afterSettle", (event) => showLocalTimes(event.target));

// A second click while the answer is on its way would do it twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});

// Whoever comes back to a page may send its forms again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const question of document.querySelectorAll("input[name=ask]")) question.disabled = false;
});

// Who logged out here does not come back to what was shown before.
const openedAt = Date.now();
const LOGGED_OUT = "jobbergate-logged-out-at";

document.addEventListener("submit", (event) => {
  if (event.target.matches("form.who")) localStorage.setItem(LOGGED_OUT, Date.now());
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted && Number(localStorage.getItem(LOGGED_OUT)) > openedAt) location.reload();
});

// A question before what can't be undone.
document.addEventListener("submit", (event) => {
  const question = event.target.elements.ask;
  if (!question) return;
  if (window.confirm(question.value)) {
    // The server asks whoever was not asked here.
    question.disabled = true;
  } else {
    event.preventDefault();
    delete event.target.dataset.sent;
  }
});

// How long ago something was goes on while the page is open.
function ago(at) {
  const seconds = Math.trunc((Date.now() - at) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 5) return "now";
  let words = `${Math.trunc(distance / 86400)} days`;
  if (distance < 60) words = `${distance} s`;
  else if (distance < 3600) words = `${Math.trunc(distance / 60)} min`;
  else if (distance < 172800) words = `${Math.trunc(distance / 3600)} h`;
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    if (/^(now|in \d+ \w+|\d+ \w+ ago)$/.test(time.textContent)) time.textContent = ago(new Date(time.dateTime));
  }
}, 20_000);
