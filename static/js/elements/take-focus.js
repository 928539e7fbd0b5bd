// The error summary takes the focus when a form comes back.
class TakeFocus extends HTMLElement {
  connectedCallback() {
    if (!this.hasAttribute("still")) this.querySelector("[tabindex]")?.focus();
  }
}

customElements.define("take-focus", TakeFocus);
