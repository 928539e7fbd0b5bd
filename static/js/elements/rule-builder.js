import { announce } from "attune/lib/announce";
import { blank, moved, readRule, writeRule } from "attune/lib/rule-tree";
import { make, leafSentence } from "attune/lib/rule-sentence";

// Writes a rule as sentences over the JSON in its textarea, which stays the one that is sent.
class RuleBuilder extends HTMLElement {
  connectedCallback() {
    this.textarea = document.getElementById(this.getAttribute("textarea"));
    this.words = JSON.parse(document.getElementById(this.getAttribute("data")).textContent);
    this.list = make("div", { className: "rule-builder__rules" });
    this.prepend(this.list);
    this.querySelector("details").open = !this.read();
    this.textarea.addEventListener("change", () => this.fromText());
    this.filled = () => this.showLeft();
    document.addEventListener("htmx:afterSwap", this.filled);
    this.draw();
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:afterSwap", this.filled);
    clearTimeout(this.waiting);
    this.list?.remove();
  }

  get isReadOnly() {
    return this.hasAttribute("readonly");
  }

  read() {
    this.root = readRule(this.textarea.value);
    return this.root !== null;
  }

  fromText() {
    if (!this.read()) announce("This text is not a rule yet. The sentences are gone until it is.");
    this.draw();
    this.count();
  }

  // Called by every control: the tree has changed; with redraw, its shape too.
  changed(redraw = true, focus = "") {
    this.textarea.value = writeRule(this.root);
    if (redraw) this.draw();
    if (focus) this.focusOn(focus);
    this.count();
  }

  // A control that the change has switched off passes the focus to its neighbour.
  focusOn(name) {
    const wanted = this.list.querySelector(`[data-focus="${name}"]`);
    if (!wanted?.disabled) wanted?.focus();
    else wanted.parentElement.querySelector("button:not(:disabled)")?.focus();
  }

  count() {
    if (!this.hasAttribute("url") || !window.htmx) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      const form = this.textarea.form;
      const values = { rule: this.textarea.value, but_not: form.elements.but_not?.value ?? "" };
      window.htmx.ajax("POST", this.getAttribute("url"), {
        target: this.getAttribute("target"),
        swap: "innerHTML",
        values,
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      });
    }, 250);
  }

  draw() {
    this.list.replaceChildren();
    if (!this.root) {
      this.list.append(make("p", { className: "muted text-2", textContent: "The text below is not a rule that can be shown as sentences." }));
      return;
    }
    this.list.append(this.group(this.root, "all", []), this.adders(this.root, []));
    if (this.isReadOnly) for (const control of this.list.querySelectorAll("input, select, button")) control.disabled = true;
    this.showLeft();
  }

  group(parts, kind, path) {
    const rows = make("ol", { className: "rule-builder__list", role: "list" });
    if (!parts.length && !path.length) rows.append(this.everyone());
    parts.forEach((part, i) => rows.append(this.row(parts, i, kind, [...path, i])));
    return rows;
  }

  everyone() {
    const row = make("li", { className: "rule-builder__row" });
    row.append(make("span", { className: "rule-builder__lead" }), make("span", { className: "muted", textContent: "Everyone. Add a condition to reach fewer." }));
    return row;
  }

  row(parts, i, kind, path) {
    const row = make("li", { className: "rule-builder__row" });
    row.append(this.lead(parts, i, kind, path), this.body(parts, i, path));
    if (path.length === 1) row.append(make("span", { className: "rule-builder__left num", "data-step": i + 1 }));
    if (!this.isReadOnly) row.append(this.tools(parts, i, path));
    return row;
  }

  lead(parts, i, kind, path) {
    const node = parts[i];
    const first = kind === "any" ? "either" : "whose";
    const word = i === 0 ? first : kind === "any" ? "or" : "and";
    const select = make("select", { className: "rule-builder__lead-choice", "aria-label": `Condition ${path.map((n) => n + 1).join(".")}: in or left out`, "data-focus": `${path}-lead` });
    const not = kind === "any" ? `${word} not` : "but not";
    select.append(new Option(word, "in"), new Option(not, "out"));
    select.value = "not" in node ? "out" : "in";
    select.addEventListener("change", () => {
      parts[i] = select.value === "out" ? { not: node } : node.not;
      this.changed(true, `${path}-lead`);
    });
    const lead = make("span", { className: "rule-builder__lead" });
    lead.append(select);
    if ("not" in node) lead.classList.add("rule-builder__lead--out");
    return lead;
  }

  body(parts, i, path) {
    const outer = parts[i];
    const node = "not" in outer ? outer.not : outer;
    const inside = "not" in outer ? [...path, 0] : path;
    const put = (fresh, focus = "") => {
      if ("not" in outer) outer.not = fresh;
      else parts[i] = fresh;
      this.changed(true, focus);
    };
    if ("all" in node || "any" in node) return this.nested(node, inside, put);
    if ("not" in node) {
      outer.not = { all: [node] };
      return this.nested(outer.not, inside, put);
    }
    return leafSentence(node, this.words, {
      id: `${path}`,
      put,
      touched: () => this.changed(false),
    });
  }

  nested(node, path, put) {
    const kind = "any" in node ? "any" : "all";
    const box = make("div", { className: "rule-builder__group" });
    const select = make("select", { "aria-label": "How many of these must hold", "data-focus": `${path}-group` });
    select.append(new Option("any one of", "any"), new Option("all of", "all"));
    select.value = kind;
    select.addEventListener("change", () => put({ [select.value]: node[kind] }, `${path}-group`));
    box.append(select, this.group(node[kind], kind, path), this.adders(node[kind], path, true));
    return box;
  }

  tools(parts, i, path) {
    const tools = make("span", { className: "rule-builder__tools" });
    const name = `condition ${path.map((n) => n + 1).join(".")}`;
    const button = (text, label, work, off = false) => {
      const one = make("button", { type: "button", className: "button button--small button--quiet", textContent: text, "aria-label": `${label} ${name}`, "data-focus": `${path}-${label}` });
      one.disabled = off;
      one.addEventListener("click", work);
      tools.append(one);
    };
    const move = (by, label) => {
      moved(parts, i, by);
      const there = [...path.slice(0, -1), i + by];
      this.changed(true, `${there}-${label}`);
      announce(`Moved to place ${i + by + 1} of ${parts.length}`);
    };
    button("↑", "Move up", () => move(-1, "Move up"), i === 0);
    button("↓", "Move down", () => move(1, "Move down"), i === parts.length - 1);
    button("Remove", "Remove", () => {
      parts.splice(i, 1);
      const near = [...path.slice(0, -1), Math.max(0, i - 1)];
      this.changed(true, parts.length ? `${near}-Remove` : `${path.slice(0, -1)}-add`);
      announce("Condition removed");
    });
    return tools;
  }

  adders(parts, path, isInner = false) {
    const row = make("div", { className: "rule-builder__add row" });
    if (this.isReadOnly) return row;
    const kinds = [
      ["Add what we know", "field"],
      ["Add what they did", "did"],
    ];
    if (this.words.consents.length) kinds.push(["Add what they allow", "may"]);
    if (this.words.segments.length) kinds.push(["Add another segment", "segment"]);
    kinds.push(["Add “any one of”", "any"]);
    if (!isInner) kinds.push(["Add “but not”", "not"]);
    kinds.forEach(([text, kind], i) => {
      const button = make("button", { type: "button", className: "button button--small", textContent: text });
      if (i === 0) button.dataset.focus = `${path}-add`;
      button.addEventListener("click", () => {
        parts.push(blank(kind, this.words));
        this.changed(true, `${[...path, parts.length - 1]}-lead`);
      });
      row.append(button);
    });
    return row;
  }

  // The answer's counts, one for each condition from the top.
  showLeft() {
    const left = document.querySelector("[data-left]")?.dataset.left.split("|") ?? [];
    for (const cell of this.list.querySelectorAll("[data-step]")) {
      const count = left[Number(cell.dataset.step)];
      cell.textContent = count === undefined ? "" : `${count} left`;
    }
  }
}

customElements.define("rule-builder", RuleBuilder);
