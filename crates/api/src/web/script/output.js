// Follows what a job writes: bytes become lines with colours, of which the last few megabytes are
// kept; what was before them is fetched when asked for.
"use strict";

(() => {
  /** How much is kept on the page, and how much is fetched at a time, in bytes. */
  const KEPT = 4 << 20;
  const PART = 256 << 10;
  /** For how many seconds the server waits for more. */
  const WAIT = 20;
  /** The longest line that is kept together, in characters. */
  const LONGEST_LINE = 64 << 10;
  const MATCHES = 5000;
  /** What is meant for terminals (ECMA-48): colours, other sequences, ends of lines. */
  const SPECIAL = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -\/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -\/]*[0-~]|\r*\n|\r/g;
  const BEGUN = /\x1b(?:\[[0-?]*[ -\/]*|[\]PX^_][^\x07\x1b]{0,4096}\x1b?)?$/;

  /** Characters that would do something are shown as pictures of themselves. */
  function visible(text) {
    return text
      .replace(/[\x00-\x08\x0b-\x1f]/g, (c) => String.fromCodePoint(0x2400 + c.codePointAt(0)))
      .replace(/\x7f/g, "\u2421")
      .replace(/[\x80-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
  }

  /** Turns bytes into lines. */
  class Lines {
    constructor() {
      this.decoder = new TextDecoder();
      this.rest = "";
      this.line = [];
      this.length = 0;
      this.style = { colour: null, back: null, bold: false, faint: false, underlined: false };
    }

    /** Puts whole lines into `whole`; what is begun stays in `line`. */
    write(bytes, whole, isLast) {
      let text = this.rest + this.decoder.decode(bytes, { stream: !isLast });
      this.rest = "";
      const begun = isLast ? null : BEGUN.exec(text);
      if (begun) {
        this.rest = begun[0];
        text = text.slice(0, begun.index);
      } else if (!isLast && text.endsWith("\r")) {
        // A line feed may follow.
        this.rest = "\r";
        text = text.slice(0, -1);
      }
      let at = 0;
      for (const found of text.matchAll(SPECIAL)) {
        this.add(text.slice(at, found.index), whole);
        at = found.index + found[0].length;
        if (found[0].endsWith("\n")) this.end(whole);
        else if (found[0] === "\r") this.isReturned = true;
        else if (found[1] !== undefined) this.colour(found[1]);
      }
      this.add(text.slice(at), whole);
    }

    add(text, whole) {
      if (!text) return;
      // Whatever comes now is written over the line, as progress bars are.
      if (this.isReturned) this.begin();
      this.line.push(this.piece(visible(text)));
      this.length += text.length;
      if (this.length > LONGEST_LINE) this.flush(whole);
    }

    piece(text) {
      const { colour, back, bold, faint, underlined } = this.style;
      const names = [];
      if (colour !== null) names.push(`ansi-${colour}`);
      if (back !== null) names.push(`ansi-back-${back}`);
      if (bold) names.push("ansi-bold");
      if (faint) names.push("ansi-faint");
      if (underlined) names.push("ansi-underlined");
      if (!names.length) return document.createTextNode(text);
      const span = document.createElement("span");
      span.className = names.join(" ");
      span.textContent = text;
      return span;
    }

    begin() {
      this.line = [];
      this.length = 0;
      this.isReturned = false;
    }

    end(whole) {
      this.line.push(document.createTextNode("\n"));
      this.flush(whole);
    }

    flush(whole) {
      whole.append(...this.line);
      this.begin();
    }

    colour(codes) {
      const all = codes.split(/[;:]/).map((code) => Number(code || 0));
      for (let at = 0; at < all.length; at += 1) {
        const code = all[at];
        const style = this.style;
        if (code === 0) Object.assign(style, { colour: null, back: null, bold: false, faint: false, underlined: false });
        else if (code === 1) style.bold = true;
        else if (code === 2) style.faint = true;
        else if (code === 4) style.underlined = true;
        else if (code === 22) Object.assign(style, { bold: false, faint: false });
        else if (code === 24) style.underlined = false;
        else if (code >= 30 && code <= 37) style.colour = code - 30;
        else if (code >= 90 && code <= 97) style.colour = code - 90;
        else if (code === 39) style.colour = null;
        else if (code >= 40 && code <= 47) style.back = code - 40;
        else if (code >= 100 && code <= 107) style.back = code - 100;
        else if (code === 49) style.back = null;
        // Other colours than these might not be readable on this background.
        else if (code === 38 || code === 48) at += all[at + 1] === 5 ? 2 : all[at + 1] === 2 ? 4 : 0;
      }
    }
  }

  class Output {
    constructor(root) {
      this.root = root;
      this.screen = root.querySelector("pre");
      this.status = root.querySelector("#output-status");
      this.earlier = root.querySelector(".output-earlier");
      this.finder = new Finder(root, this.screen);
      this.stream = "stdout";
      this.task = "";
      this.isFollowing = true;
      this.turn = 0;
      root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
      root.querySelector("#output-task")?.addEventListener("change", (event) => {
        this.task = event.target.value;
        this.start();
      });
      document.addEventListener("visibilitychange", () => this.wake());
      this.start();
    }

    clicked(button) {
      if (!button) return;
      if (button.dataset.stream) {
        this.stream = button.dataset.stream;
        for (const other of this.root.querySelectorAll("[data-stream]")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        this.start();
      }
      switch (button.dataset.do) {
        case "wrap":
          button.setAttribute("aria-pressed", String(this.screen.classList.toggle("wrap")));
          break;
        case "follow":
          this.isFollowing = !this.isFollowing;
          button.setAttribute("aria-pressed", String(this.isFollowing));
          if (this.isFollowing) this.toEnd();
          else this.say("Paused. What is written meanwhile is not lost.");
          this.wake();
          break;
        case "earlier":
          this.readEarlier();
          break;
        case "next":
          this.finder.move(1);
          break;
        case "previous":
          this.finder.move(-1);
          break;
        default:
      }
    }

    say(words) {
      if (this.status.textContent !== words) this.status.textContent = words;
    }

    /** Begins anew, with the end of what there is. */
    start() {
      this.turn += 1;
      this.next = null;
      this.file = null;
      const download = this.root.querySelector("[data-do=download]");
      download.href = this.address("/file", {});
      download.hidden = true;
      this.clear();
      this.say("Reading…");
      this.follow(this.turn);
    }

    clear() {
      this.lines = new Lines();
      this.blocks = [];
      this.kept = 0;
      this.line = document.createElement("span");
      this.screen.replaceChildren(this.line);
      this.earlier.hidden = true;
      this.finder.search();
    }

    address(below, more) {
      const query = new URLSearchParams({ stream: this.stream, ...more });
      if (this.task !== "") query.set("task", this.task);
      return `${this.root.dataset.from}${below}?${query}`;
    }

    async ask(query, signal) {
      const headers = { accept: "application/octet-stream", "hx-request": "true" };
      const answer = await fetch(this.address("", query), { headers, signal });
      if (answer.status === 401) return { final: true, words: "You were logged out. Log in again in another tab, then reload this page." };
      const isTooEarly = answer.status === 202;
      if (!answer.ok || isTooEarly) {
        const words = await answer.json().then((body) => body.detail, () => `The server answers ${answer.status}.`);
        const passes = isTooEarly || answer.status === 408 || answer.status === 429 || (answer.status >= 500 && answer.status !== 501);
        return { final: !passes, words, pause: isTooEarly ? 2000 : 5000 };
      }
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const header = (name) => answer.headers.get(`jobbergate-output-${name}`) ?? "";
      return {
        bytes,
        from: Number(header("from")),
        next: Number(header("next")),
        size: Number(header("size")),
        file: header("file"),
        path: decodeURIComponent(header("path")),
        ended: header("ended") === "true",
        replaced: header("replaced") === "true",
      };
    }

    async follow(turn) {
      while (turn === this.turn) {
        if (document.hidden || (!this.isFollowing && this.next !== null)) {
          await new Promise((resolve) => { this.wakeUp = resolve; });
          continue;
        }
        const query = this.next === null ? { limit: PART } : { from: this.next, file: this.file, limit: PART, wait: WAIT };
        this.abort = new AbortController();
        let part;
        try {
          part = await this.ask(query, this.abort.signal);
        } catch {
          if (this.abort.signal.aborted) continue;
          part = { words: "The server does not answer.", pause: 5000 };
        }
        if (turn !== this.turn) return;
        if (part.words) {
          this.say(part.final ? part.words : `${part.words} (It is tried again.)`);
          if (part.final) return;
          await new Promise((resolve) => setTimeout(resolve, part.pause));
          continue;
        }
        if (this.show(part)) return;
      }
    }

    /** Goes on, or stops what waits. */
    wake() {
      if (document.hidden || !this.isFollowing) this.abort?.abort();
      const wakeUp = this.wakeUp;
      this.wakeUp = null;
      wakeUp?.();
    }

    /** Shows a part; whether it is the last. */
    show(part) {
      if (part.replaced) this.clear();
      const download = this.root.querySelector("[data-do=download]");
      download.hidden = part.size === 0;
      const isFirst = this.next === null || part.replaced;
      this.next = part.next;
      this.file = part.file;
      if (part.bytes.includes(0)) {
        this.clear();
        this.say(`${part.path} is no text (${size(part.size)}) and is not shown. Download it, or look at it on the cluster.`);
        return true;
      }
      if (part.bytes.length) this.append(part, isFirst);
      const what = `${part.path}, ${size(part.size)}`;
      if (part.ended && part.next >= part.size) {
        this.say(part.size === 0 ? "The job has ended and wrote nothing here." : `The job has ended. ${what}.`);
        return true;
      }
      this.say(part.size === 0 ? "Nothing was written yet." : `Following ${what}.`);
      return false;
    }

    append(part, isFirst) {
      const block = document.createElement("span");
      this.lines.write(part.bytes, block, part.ended && part.next >= part.size);
      this.blocks.push({ block, from: part.from, length: part.bytes.length });
      this.kept += part.bytes.length;
      this.line.before(block);
      this.line.replaceChildren(...this.lines.line.map((piece) => piece.cloneNode(true)));
      while (this.kept > KEPT && this.blocks.length > 1) {
        const oldest = this.blocks.shift();
        oldest.block.remove();
        this.kept -= oldest.length;
      }
      this.showEarlier();
      if (isFirst || this.isFollowing) this.toEnd();
      this.finder.searchSoon();
    }

    toEnd() {
      this.screen.scrollTop = this.screen.scrollHeight;
    }

    showEarlier() {
      const first = this.blocks[0]?.from ?? 0;
      this.earlier.hidden = first === 0;
      this.earlier.querySelector("span").textContent = `(${size(first)} before this)`;
    }

    async readEarlier() {
      const first = this.blocks[0]?.from ?? 0;
      const from = Math.max(0, first - PART);
      const turn = this.turn;
      const button = this.earlier.querySelector("button");
      button.disabled = true;
      try {
        const part = await this.ask({ from, limit: first - from, file: this.file });
        if (turn !== this.turn) return;
        if (part.words) {
          this.say(part.words);
          return;
        }
        if (part.replaced || part.from !== from) return;
        const block = document.createElement("span");
        const lines = new Lines();
        lines.write(part.bytes, block, true);
        lines.flush(block);
        this.blocks.unshift({ block, from, length: part.bytes.length });
        this.kept += part.bytes.length;
        const before = this.screen.scrollHeight;
        this.screen.prepend(block);
        this.screen.scrollTop += this.screen.scrollHeight - before;
        this.showEarlier();
        this.finder.searchSoon();
      } catch {
        this.say("The server does not answer.");
      } finally {
        button.disabled = false;
      }
    }
  }

  /** Finds words in what is shown, and marks them without changing it. */
  class Finder {
    constructor(root, screen) {
      this.screen = screen;
      this.field = root.querySelector("#output-find");
      this.found = root.querySelector("#output-found");
      this.ranges = [];
      this.at = -1;
      this.field.addEventListener("input", () => this.searchSoon());
      this.field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        this.move(event.shiftKey ? -1 : 1);
      });
    }

    searchSoon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), 200);
    }

    search() {
      const wanted = this.field.value.toLowerCase();
      this.ranges = [];
      if (wanted) this.collect(wanted);
      this.at = Math.min(this.at, this.ranges.length - 1);
      this.mark();
    }

    collect(wanted) {
      const walker = document.createTreeWalker(this.screen, NodeFilter.SHOW_TEXT);
      const nodes = [];
      let text = "";
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        nodes.push({ node, from: text.length });
        text += node.data;
      }
      const lower = text.toLowerCase();
      // Where letters change their length, places would be wrong.
      const haystack = lower.length === text.length ? lower : text;
      let place = 0;
      const position = (offset) => {
        while (place + 1 < nodes.length && nodes[place + 1].from <= offset) place += 1;
        return [nodes[place].node, offset - nodes[place].from];
      };
      for (let at = haystack.indexOf(wanted); at >= 0 && this.ranges.length < MATCHES; at = haystack.indexOf(wanted, at + wanted.length)) {
        const range = new Range();
        range.setStart(...position(at));
        const [node, offset] = position(at + wanted.length - 1);
        range.setEnd(node, offset + 1);
        this.ranges.push(range);
      }
    }

    move(by) {
      if (!this.ranges.length) return;
      this.at = (this.at + by + this.ranges.length) % this.ranges.length;
      this.mark();
      const there = this.ranges[this.at].getBoundingClientRect();
      const here = this.screen.getBoundingClientRect();
      this.screen.scrollTop += there.top - here.top - here.height / 2;
      this.screen.scrollLeft += Math.min(0, there.left - here.left) + Math.max(0, there.right - here.right);
    }

    mark() {
      const count = this.ranges.length;
      const all = count === MATCHES ? `${MATCHES} or more` : String(count);
      if (!this.field.value) this.found.textContent = "";
      else if (this.at >= 0 && count) this.found.textContent = `${this.at + 1} of ${all}`;
      else this.found.textContent = count ? `${all} found` : "None";
      if (!window.CSS?.highlights) return;
      CSS.highlights.set("found", new Highlight(...this.ranges));
      const current = this.ranges[this.at];
      CSS.highlights.set("found-now", new Highlight(...(current ? [current] : [])));
    }
  }

  function size(bytes) {
    const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    let scaled = bytes;
    while (scaled >= 1000 && unit < units.length - 1) {
      scaled /= 1024;
      unit += 1;
    }
    return `${unit ? scaled.toPrecision(3) : scaled} ${units[unit]}`;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("output");
    if (!root) return;
    root.hidden = false;
    root.closest(".card").querySelector(".without-script").hidden = true;
    new Output(root);
  });
})();
