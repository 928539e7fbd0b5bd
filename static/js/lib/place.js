// Puts a native popover under its button, inside the window.
export function placeUnder(panel, button) {
  const edge = 8;
  const box = button.getBoundingClientRect();
  const width = panel.offsetWidth;
  const height = panel.offsetHeight;
  const left = Math.min(Math.max(edge, box.left), window.innerWidth - width - edge);
  const below = box.bottom + 6;
  const top = below + height + edge > window.innerHeight ? Math.max(edge, box.top - height - 6) : below;
  panel.style.setProperty("left", `${left}px`);
  panel.style.setProperty("top", `${top}px`);
}
