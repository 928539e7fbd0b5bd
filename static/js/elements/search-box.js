// "/" moves to the search from anywhere but a field; Escape puts away what was found.
class SearchBox extends HTMLElement {
  connectedCallback() {
    this.open = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
      event.preventDefault();
      if (!this.querySelector("form").offsetParent) document.querySelector("[data-menu]")?.click();
      this.querySelector("input").focus();
    };
    this.close = (event) => {
      if (event.key !== "Escape") return;
      this.querySelector(".searchbox__panel").replaceChildren();
      this.querySelector("input").focus();
    };
    document.addEventListener("keydown", this.open);
    this.addEventListener("keydown", this.close);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.open);
    this.removeEventListener("keydown", this.close);
  }
}

customElements.define("search-box", SearchBox);
