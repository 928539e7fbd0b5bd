// The rule as plain data: read from text, written to text, changed in place.

export function readRule(text) {
  if (!text.trim()) return [];
  try {
    const data = JSON.parse(text);
    const node = "rule" in data ? data.rule : data;
    if (!isNode(node)) return null;
    return "all" in node ? node.all : [node];
  } catch {
    return null;
  }
}

export function writeRule(parts) {
  return JSON.stringify({ version: 1, rule: { all: parts } }, null, 1);
}

function isNode(node) {
  if (typeof node !== "object" || node === null) return false;
  const group = node.all ?? node.any;
  if (group !== undefined) return Array.isArray(group) && group.every(isNode);
  if ("not" in node) return isNode(node.not);
  return "field" in node || "did" in node || "may" in node || "segment" in node;
}

export function moved(parts, i, by) {
  [parts[i], parts[i + by]] = [parts[i + by], parts[i]];
}

export function firstField(words) {
  return words.groups.flatMap((group) => group.fields)[0];
}

export function fieldOf(words, ref) {
  return words.groups.flatMap((group) => group.fields).find((field) => field.ref === ref);
}

export function blankLeaf(field) {
  if (field.kind === "yes_no") return { field: field.ref, op: "eq", value: true };
  if (field.kind === "text") return { field: field.ref, op: "eq", value: field.choices[0] ?? "" };
  return { field: field.ref, op: "ge", value: 0 };
}

export function blank(kind, words) {
  const field = firstField(words);
  const did = { did: words.events[0].name, at_least: 1, within_days: 30 };
  const leaf = field ? blankLeaf(field) : did;
  if (kind === "did") return did;
  if (kind === "may") return { may: words.consents[0].key, channel: words.channels[0].key };
  if (kind === "segment") return { segment: words.segments[0].key };
  if (kind === "any") return { any: [leaf] };
  return kind === "not" ? { not: leaf } : leaf;
}

export function typed(text) {
  const trimmed = text.trim();
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}
