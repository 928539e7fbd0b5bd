// The labelled "Menu" button of narrow windows.
class MenuToggle extends HTMLElement {
  connectedCallback() {
    const bar = this.querySelector(".topbar");
    const button = this.querySelector("[data-menu]");
    button?.addEventListener("click", () => this.set(bar, button, !bar.hasAttribute("data-open")));
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !bar.hasAttribute("data-open")) return;
      this.set(bar, button, false);
      button.focus();
    });
  }

  set(bar, button, open) {
    bar.toggleAttribute("data-open", open);
    button.setAttribute("aria-expanded", String(open));
  }
}

customElements.define("menu-toggle", MenuToggle);
