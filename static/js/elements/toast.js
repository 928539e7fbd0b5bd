const STAYS_FOR = 6000;

// Leaves after six seconds, but stays while it is pointed at or holds the focus.
class Toast extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-close]")?.addEventListener("click", () => this.remove());
    for (const name of ["mouseenter", "focusin"]) this.addEventListener(name, () => clearTimeout(this.timer));
    for (const name of ["mouseleave", "focusout"]) this.addEventListener(name, () => this.start());
    this.start();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  start() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.remove(), STAYS_FOR);
  }
}

customElements.define("x-toast", Toast);
