// Buttons with data-choice "", "light" or "dark"; "" follows the system.
class ThemeToggle extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-choice]");
      if (button) this.choose(button.dataset.choice);
    });
    this.follow = () => this.mark();
    document.addEventListener("theme-change", this.follow);
    this.mark();
  }

  disconnectedCallback() {
    document.removeEventListener("theme-change", this.follow);
  }

  choose(theme) {
    const root = document.documentElement;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    try {
      theme ? localStorage.setItem("theme", theme) : localStorage.removeItem("theme");
    } catch {
      // Without storage the choice holds until the page is left.
    }
    document.dispatchEvent(new Event("theme-change"));
  }

  mark() {
    const current = document.documentElement.dataset.theme ?? "";
    for (const button of this.querySelectorAll("[data-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.choice === current));
    }
  }
}

customElements.define("theme-toggle", ThemeToggle);
