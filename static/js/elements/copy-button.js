import { announce } from "attune/lib/announce";

// Copies the text of the element whose id stands in "from", or the attribute "text".
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy());
  }

  async copy() {
    const source = document.getElementById(this.getAttribute("from") ?? "");
    const text = this.getAttribute("text") ?? source?.value ?? source?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text.trim());
      this.say("Copied");
    } catch {
      this.say("Could not copy; select the text and copy it");
    }
  }

  say(text) {
    const button = this.querySelector("button");
    this.label ??= button.textContent;
    button.textContent = text;
    announce(text);
    setTimeout(() => (button.textContent = this.label), 2000);
  }
}

customElements.define("copy-button", CopyButton);
