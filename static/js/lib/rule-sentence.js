import { blankLeaf, fieldOf, typed } from "attune/lib/rule-tree";

// One condition as a sentence of native controls. `put` replaces the node, `touched` tells of a new value.

export function make(tag, attributes = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.includes("-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  return element;
}

export function leafSentence(node, words, tie) {
  const sentence = make("span", { className: "sentence" });
  if ("did" in node) eventSentence(sentence, node, words, tie);
  else if ("may" in node) consentSentence(sentence, node, words, tie);
  else if ("segment" in node) segmentSentence(sentence, node, words, tie);
  else fieldSentence(sentence, node, words, tie);
  return sentence;
}

function select(label, pairs, value, tie, part) {
  const control = make("select", { "aria-label": label, "data-focus": `${tie.id}-${part}` });
  for (const [text, key] of pairs) control.append(new Option(text, key));
  if (!pairs.some(([, key]) => String(key) === String(value))) control.append(new Option(String(value), value));
  control.value = value;
  return control;
}

function fieldSentence(sentence, node, words, tie) {
  const known = fieldOf(words, node.field);
  const field = known ?? { ref: node.field, label: node.field, kind: typeof node.value === "number" ? "number" : "text", unit: "", choices: [] };
  sentence.append(fieldChoice(node, words, tie), opChoice(node, field, words, tie), ...values(node, field, tie));
}

function fieldChoice(node, words, tie) {
  const control = make("select", { "aria-label": "What we know", "data-focus": `${tie.id}-field` });
  for (const group of words.groups) {
    if (!group.fields.length) continue;
    const box = make("optgroup", { label: group.label });
    for (const field of group.fields) box.append(new Option(field.label, field.ref));
    control.append(box);
  }
  if (!fieldOf(words, node.field)) control.append(new Option(node.field, node.field));
  control.value = node.field;
  control.addEventListener("change", () => tie.put(blankLeaf(fieldOf(words, control.value)), `${tie.id}-field`));
  return control;
}

function opChoice(node, field, words, tie) {
  const ops = field.kind === "number" ? ["eq", "ne", "lt", "le", "gt", "ge"] : ["eq", "ne"];
  const pairs = ops.map((op) => [words.is[op], op]);
  if (field.kind !== "yes_no") pairs.push(["is one of", "in"]);
  pairs.push(["is on record", "exists"]);
  const control = select("Comparison", pairs, node.op, tie, "op");
  control.addEventListener("change", () => tie.put(withOp(node, field, control.value), `${tie.id}-op`));
  return control;
}

function withOp(node, field, op) {
  if (op === "exists") return { field: node.field, op };
  const kept = node.value ?? node.values?.[0] ?? blankLeaf(field).value;
  return op === "in" ? { field: node.field, op, values: [kept] } : { field: node.field, op, value: kept };
}

function values(node, field, tie) {
  if (node.op === "exists") return [];
  if (node.op === "in") return field.choices.length ? ticks(node, field, tie) : [list(node, field, tie)];
  if (field.kind === "yes_no") return [yesNo(node, tie)];
  if (field.choices.length) return [choice(node, field, tie)];
  const control = entry("Value", node.value, field.kind === "number", tie, "value");
  control.addEventListener("input", () => {
    node.value = field.kind === "number" ? numberOf(control.value) : control.value;
    tie.touched();
  });
  return field.unit ? [control, make("span", { textContent: field.unit })] : [control];
}

function entry(label, value, isNumber, tie, part) {
  return make("input", {
    type: isNumber ? "number" : "text",
    step: "any",
    value: value ?? "",
    className: isNumber ? "rule-builder__number" : "rule-builder__words",
    "aria-label": label,
    "data-focus": `${tie.id}-${part}`,
  });
}

function numberOf(text) {
  return text === "" ? null : Number(text);
}

function yesNo(node, tie) {
  const control = select("Yes or no", [["yes", "true"], ["no", "false"]], String(node.value), tie, "value");
  control.addEventListener("change", () => {
    node.value = control.value === "true";
    tie.touched();
  });
  return control;
}

function choice(node, field, tie) {
  const control = select("Value", field.choices.map((one) => [one, one]), node.value, tie, "value");
  control.addEventListener("change", () => {
    node.value = control.value;
    tie.touched();
  });
  return control;
}

function ticks(node, field, tie) {
  return field.choices.map((one) => {
    const label = make("label", { className: "check" });
    const box = make("input", { type: "checkbox", checked: node.values.includes(one) });
    box.addEventListener("change", () => {
      node.values = field.choices.filter((other) => (other === one ? box.checked : node.values.includes(other)));
      tie.touched();
    });
    label.append(box, document.createTextNode(one));
    return label;
  });
}

function list(node, field, tie) {
  const control = entry("Values, with commas between", node.values.join(", "), false, tie, "value");
  control.addEventListener("input", () => {
    const parts = control.value.split(",").map((part) => part.trim()).filter(Boolean);
    node.values = field.kind === "number" ? parts.map(Number) : parts;
    tie.touched();
  });
  return control;
}

function eventSentence(sentence, node, words, tie) {
  const events = select("What they did", words.events.map((event) => [`has ${event.did}`, event.name]), node.did, tie, "did");
  events.addEventListener("change", () => {
    node.did = events.value;
    tie.touched();
  });
  const isSequence = "then" in node || "then_not" in node;
  sentence.append(events, ...(isSequence ? [] : times(node, tie)), ...span(node, tie), details(node, tie), ...afterwards(node, words, tie));
}

// What followed, or did not, within some days of it.
function afterwards(node, words, tie) {
  const was = "then" in node ? "then" : "then_not" in node ? "then_not" : "";
  const choice = select("What came after", [["whatever came after", ""], ["and then", "then"], ["and then not", "then_not"]], was, tie, "after");
  choice.addEventListener("change", () => {
    const { then, then_not, at_least: _, ...first } = node;
    const second = then ?? then_not ?? { did: words.events[0].name, within_days: 3 };
    tie.put(choice.value ? { ...first, [choice.value]: second } : first, `${tie.id}-after`);
  });
  if (!was) return [choice];
  const second = node[was];
  const event = select("What came after it", words.events.map((one) => [one.did, one.name]), second.did, tie, "second");
  event.addEventListener("change", () => {
    second.did = event.value;
    tie.touched();
  });
  const days = entry("Within how many days", second.within_days, true, tie, "second-days");
  days.min = 1;
  days.step = 1;
  days.addEventListener("input", () => {
    second.within_days = numberOf(days.value);
    tie.touched();
  });
  return [choice, event, make("span", { textContent: "within" }), days, make("span", { textContent: "days" })];
}

function consentSentence(sentence, node, words, tie) {
  const purpose = select("What they allow", words.consents.map((one) => [`allows ${one.label}`, one.key]), node.may, tie, "may");
  purpose.addEventListener("change", () => {
    node.may = purpose.value;
    tie.touched();
  });
  const channel = select("On which channel", words.channels.map((one) => [one.label, one.key]), node.channel ?? "", tie, "channel");
  channel.addEventListener("change", () => {
    node.channel = channel.value;
    tie.touched();
  });
  sentence.append(purpose, channel);
}

function segmentSentence(sentence, node, words, tie) {
  const segment = select("Another segment", words.segments.map((one) => [`is in “${one.label}”`, one.key]), node.segment, tie, "segment");
  segment.addEventListener("change", () => {
    node.segment = segment.value;
    tie.touched();
  });
  sentence.append(segment);
}

function times(node, tie) {
  const control = entry("At least how many times", node.at_least ?? 1, true, tie, "times");
  control.min = 1;
  control.step = 1;
  control.addEventListener("input", () => {
    node.at_least = numberOf(control.value);
    tie.touched();
  });
  return [make("span", { textContent: "at least" }), control, make("span", { textContent: "times" })];
}

function span(node, tie) {
  const when = select("When", [["in the last", "days"], ["so far", "ever"]], node.within_days ? "days" : "ever", tie, "when");
  when.addEventListener("change", () => {
    const { within_days: _, ...rest } = node;
    tie.put(when.value === "days" ? { ...rest, within_days: 30 } : rest, `${tie.id}-when`);
  });
  if (!node.within_days) return [when];
  const days = entry("How many days", node.within_days, true, tie, "days");
  days.min = 1;
  days.step = 1;
  days.addEventListener("input", () => {
    node.within_days = numberOf(days.value);
    tie.touched();
  });
  return [when, days, make("span", { textContent: "days" })];
}

function details(node, tie) {
  const box = make("span", { className: "rule-builder__details" });
  for (const [i, where] of (node.where ?? []).entries()) box.append(detail(node, where, i, tie));
  const add = make("button", { type: "button", className: "button button--small button--quiet", textContent: "Add a detail" });
  add.addEventListener("click", () => {
    const where = [...(node.where ?? []), { property: "", op: "eq", value: "" }];
    tie.put({ ...node, where }, `${tie.id}-property-${where.length - 1}`);
  });
  box.append(add);
  return box;
}

function detail(node, where, i, tie) {
  const box = make("span", { className: "sentence" });
  const property = entry("Detail of the event, such as category", where.property, false, tie, `property-${i}`);
  property.addEventListener("input", () => {
    where.property = property.value;
    tie.touched();
  });
  const ops = [["is", "eq"], ["is not", "ne"], ["is under", "lt"], ["is at most", "le"], ["is over", "gt"], ["is at least", "ge"]];
  const op = select("Comparison", ops, where.op, tie, `where-op-${i}`);
  op.addEventListener("change", () => {
    where.op = op.value;
    tie.touched();
  });
  const value = entry("Value of the detail", where.value, false, tie, `where-value-${i}`);
  value.addEventListener("input", () => {
    where.value = typed(value.value);
    tie.touched();
  });
  const remove = make("button", { type: "button", className: "button button--small button--quiet", textContent: "Remove detail" });
  remove.addEventListener("click", () => tie.put({ ...node, where: node.where.filter((one) => one !== where) }, `${tie.id}-did`));
  box.append(make("span", { textContent: i ? "and" : "where" }), property, op, value, remove);
  return box;
}
