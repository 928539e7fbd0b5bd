// Resolves a token to rgb(); plotly does not read oklch() or light-dark().
const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
const pen = canvas.getContext("2d", { willReadFrequently: true });

export function tokenColor(host, name, alpha = 1) {
  host.style.setProperty("color", `var(--${name})`);
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = getComputedStyle(host).color;
  pen.fillRect(0, 0, 1, 1);
  host.style.removeProperty("color");
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

const SYMBOL = /^(series-[0-7]|(?:color-)[a-z-]+)(?:\/(\d+))?$/;

// Returns a copy of the figure in which "series-1" and "color-ink/16" are colours.
export function resolveColors(host, node) {
  if (typeof node === "string") {
    const match = SYMBOL.exec(node);
    return match ? tokenColor(host, match[1], match[2] ? Number(match[2]) / 100 : 1) : node;
  }
  if (Array.isArray(node)) return node.map((item) => resolveColors(host, item));
  if (node && typeof node === "object") {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolveColors(host, value)]));
  }
  return node;
}
