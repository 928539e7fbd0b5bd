// Sends its form when a control inside changes; the form keeps its own button for pages without script.
class AutoSubmit extends HTMLElement {
  connectedCallback() {
    for (const button of this.querySelectorAll("[data-without-script]")) button.hidden = true;
    this.addEventListener("change", (event) => event.target.form?.requestSubmit());
  }
}

customElements.define("auto-submit", AutoSubmit);
