import { resolveColors } from "attune/lib/colors";

const CONFIG = { displayModeBar: false, responsive: false, showTips: false, doubleClick: false };

class Chart extends HTMLElement {
  connectedCallback() {
    this.source = document.getElementById(this.getAttribute("data"));
    this.plot = document.createElement("div");
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", this.getAttribute("label") ?? "Chart");
    this.replaceChildren(this.plot);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw();
    this.dark.addEventListener("change", this.redraw);
    document.addEventListener("theme-change", this.redraw);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this);
    this.draw();
  }

  disconnectedCallback() {
    this.dark.removeEventListener("change", this.redraw);
    document.removeEventListener("theme-change", this.redraw);
    this.sizes.disconnect();
    if (window.Plotly) window.Plotly.purge(this.plot);
  }

  draw() {
    // The source may come after this element when htmx swaps; plotly is deferred.
    this.source ??= document.getElementById(this.getAttribute("data"));
    if (!this.source) return;
    if (!window.Plotly) {
      document.readyState === "complete" ? this.fail() : window.addEventListener("load", this.redraw, { once: true });
      return;
    }
    const figure = resolveColors(this, JSON.parse(this.source.textContent));
    const width = this.clientWidth;
    this.drawnAt = width;
    figure.layout.width = width || undefined;
    figure.layout.font = { ...figure.layout.font, family: getComputedStyle(this).fontFamily };
    window.Plotly.react(this.plot, figure.data, figure.layout, CONFIG);
  }

  resize() {
    if (this.clientWidth && this.clientWidth !== this.drawnAt) this.draw();
  }

  fail() {
    this.textContent = "The drawing could not be loaded. The table below has every number.";
    this.classList.add("chart__failed");
  }
}

customElements.define("x-chart", Chart);
