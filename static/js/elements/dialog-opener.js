// Opens the native dialog whose id stands in "dialog"; focus returns here when it closes.
class DialogOpener extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => document.getElementById(this.getAttribute("dialog"))?.showModal());
  }
}

customElements.define("dialog-opener", DialogOpener);
