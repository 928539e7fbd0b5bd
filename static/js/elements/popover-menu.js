import { placeUnder } from "attune/lib/place";

class PopoverMenu extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("[popovertarget]");
    const panel = this.querySelector("[popover]");
    panel?.addEventListener("toggle", (event) => {
      button.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "open") placeUnder(panel, button);
    });
  }
}

customElements.define("popover-menu", PopoverMenu);
