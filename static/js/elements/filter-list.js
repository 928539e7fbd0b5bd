import { announce } from "attune/lib/announce";

// Hides the [data-filter-item] whose words do not hold what is typed in [data-filter].
class FilterList extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("[data-filter]");
    this.input?.addEventListener("input", () => this.filter());
  }

  filter() {
    const wanted = this.input.value.trim().toLowerCase();
    let shown = 0;
    for (const item of this.querySelectorAll("[data-filter-item]")) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
      if (!item.hidden) shown += 1;
    }
    const none = this.querySelector("[data-filter-none]");
    if (none) none.hidden = shown > 0;
    announce(`${shown} shown`);
  }
}

customElements.define("filter-list", FilterList);
