// Rewrites "22 Nov 2026, 14:02" in the reader's own zone.
class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const at = new Date(time?.dateTime ?? "");
    if (Number.isNaN(at.getTime())) return;
    const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
    const hour = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    time.textContent = `${day.replace("Sept", "Sep")}, ${hour}`;
    time.title = at.toISOString();
  }
}

customElements.define("local-time", LocalTime);
