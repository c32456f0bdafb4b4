// Draws what a job uses of its nodes, and draws it anew while it runs.
"use strict";

(() => {
  const REFRESH = 15_000;
  const HEIGHT = 190;
  /** Lines that can be told apart, on light and on dark paper. */
  const COLOURS = {
    light: ["#1a5fb4", "#b3441d", "#1c6b3c", "#7b3fb0", "#8a6d00", "#0f7a80", "#a51d5c", "#4d5566", "#5c7a12", "#2e3fa8", "#8c5a2b", "#306b8f"],
    dark: ["#8bbdf8", "#ff9e7a", "#86d9a6", "#cfa5f5", "#eccb5c", "#6fd3d8", "#ff9ac6", "#b7c0d1", "#bfdd72", "#a9b5ff", "#e0b183", "#93c6e6"],
  };

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function bytes(value) {
    if (value === null || value === undefined) return "–";
    const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let unit = 0;
    let scaled = value;
    while (scaled >= 1000 && unit < units.length - 1) {
      scaled /= 1024;
      unit += 1;
    }
    return `${Number(scaled.toPrecision(3))} ${units[unit]}`;
  }

  const percent = (value) => (value === null || value === undefined ? "–" : `${Number(value.toPrecision(3))} %`);

  class Metrics {
    constructor(root) {
      this.root = root;
      this.status = root.querySelector("#metrics-status");
      this.place = root.querySelector(".plots");
      this.plots = [];
      this.hidden = new Set();
      this.choice = root.querySelector("#metrics-node");
      this.choice.addEventListener("change", () => this.read());
      dark.addEventListener("change", () => this.draw());
      new ResizeObserver(() => this.resize()).observe(this.place);
      document.addEventListener("visibilitychange", () => { if (!document.hidden) this.read(); });
      this.read();
    }

    async read() {
      clearTimeout(this.timer);
      const turn = (this.turn ?? 0) + 1;
      this.turn = turn;
      const node = this.choice.value ? `?node=${encodeURIComponent(this.choice.value)}` : "";
      try {
        const headers = { accept: "application/json", "hx-request": "true" };
        const answer = await fetch(`${this.root.dataset.from}${node}`, { headers });
        if (answer.status === 401) {
          this.status.textContent = "You were logged out. Log in again in another tab, then reload this page.";
          return;
        }
        if (!answer.ok) throw new Error(`The server answers ${answer.status}.`);
        const found = await answer.json();
        if (turn !== this.turn) return;
        this.found = found;
        this.show();
      } catch (error) {
        this.status.textContent = `What was measured can't be read: ${error.message} (It is tried again.)`;
      }
      const goesOn = this.found?.is_active ?? true;
      if (goesOn && !document.hidden) this.timer = setTimeout(() => this.read(), REFRESH);
    }

    show() {
      const { why, hidden, nodes, maxima, is_active: isActive } = this.found;
      const shown = nodes.length - hidden;
      const part = hidden ? ` ${shown} of ${nodes.length} nodes are shown; choose one to see it.` : "";
      this.status.textContent = why ?? (isActive ? `Measured about once a minute while it runs.${part}` : part.trim());
      this.status.hidden = !this.status.textContent;
      this.offer(nodes, hidden);
      this.tabulate(maxima);
      this.draw();
    }

    /** Has one of many nodes chosen. */
    offer(nodes, hidden) {
      if (!hidden || this.choice.options.length) return;
      const option = (value, words) => {
        const one = document.createElement("option");
        one.value = value;
        one.textContent = words;
        return one;
      };
      this.choice.append(option("", "the first of all"), ...nodes.map((node) => option(node, node)));
      this.root.querySelector(".metrics-node").hidden = false;
    }

    tabulate(maxima) {
      const details = this.root.querySelector(".maxima");
      details.hidden = !maxima.length;
      const rows = maxima.map((most) => {
        const row = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = most.node;
        const cells = ["cpu", "memory", "gpu", "gpu_memory", "read", "written"].map((name) => {
          const cell = document.createElement("td");
          cell.className = "number";
          cell.textContent = most[name];
          return cell;
        });
        row.append(head, ...cells);
        return row;
      });
      details.querySelector("tbody").replaceChildren(...rows);
    }

    draw() {
      if (!this.found?.times.length) return;
      const { times, charts } = this.found;
      const names = charts.map((chart) => chart.title + chart.lines.map((line) => line.label)).join();
      const data = charts.map((chart) => [times, ...chart.lines.map((line) => line.values)]);
      if (this.drawn === names + dark.matches) {
        this.plots.forEach((plot, at) => this.renew(plot, data[at]));
        return;
      }
      this.drawn = names + dark.matches;
      this.plots.forEach((plot) => plot.destroy());
      this.place.replaceChildren();
      this.plots = charts.map((chart, at) => this.plot(chart, data[at]));
    }

    /** Who has zoomed in stays there. */
    renew(plot, data) {
      const { min, max } = plot.scales.x;
      const all = plot.data[0];
      const isZoomed = min > all[0] || max < all[all.length - 1];
      plot.setData(data, !isZoomed);
      if (isZoomed) plot.setScale("x", { min, max });
    }

    plot(chart, data) {
      const colours = COLOURS[dark.matches ? "dark" : "light"];
      const value = chart.unit === "bytes" ? bytes : percent;
      const axis = { stroke: token("--faint"), grid: { stroke: token("--hair"), width: 1 }, ticks: { stroke: token("--hair"), width: 1 }, font: "12px system-ui, sans-serif" };
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      caption.textContent = chart.title;
      figure.append(caption);
      this.place.append(figure);
      const isSingle = data[0].length === 1;
      const series = chart.lines.map((line, at) => ({
        label: line.label,
        stroke: colours[at % colours.length],
        width: 1.75,
        spanGaps: true,
        points: isSingle ? { show: true, size: 7 } : { size: 5 },
        value: (_, it) => value(it),
      }));
      return new uPlot({
        width: this.width(),
        height: HEIGHT,
        cursor: { sync: { key: "metrics" }, focus: { prox: 24 } },
        focus: { alpha: 0.35 },
        scales: { y: { range: (_, min, max) => [0, Math.max(max ?? 0, chart.unit === "bytes" ? 1024 : 1) * 1.08] } },
        axes: [axis, { ...axis, size: 78, values: (_, all) => all.map(value), space: 36 }],
        series: [{ label: "Time" }, ...series],
      }, data, figure);
    }

    width() {
      return Math.max(200, Math.floor(this.place.clientWidth));
    }

    resize() {
      const width = this.width();
      for (const plot of this.plots) {
        if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("metrics");
    if (!root) return;
    root.hidden = false;
    root.closest(".card").querySelector(".without-script").hidden = true;
    new Metrics(root);
  });
})();
