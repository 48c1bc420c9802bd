// Small pieces that the views share: the strip that says what happened, questions before what cannot be undone, fields,
// a row of filters.

import { byId, h, icon } from "./dom.js";
import { closeSheet, openSheet } from "./sheet.js";
import { say } from "./teach_words.js";

const SHOWN_MS = 10000;
let hideTimer = 0;

/** Says in the strip at the bottom what happened; `kind` is `good` or `bad`. Bad news stays until it is dismissed. */
export function tellTeacher(words, kind = "good") {
  const strip = byId("toast");
  strip.dataset.kind = kind;
  strip.hidden = false;
  byId("toast-words").textContent = "";
  // Read out only if the words change while the strip is there.
  setTimeout(() => (byId("toast-words").textContent = words), 30);
  // A modal sheet makes the rest of the page dumb, so the strip goes where it can be seen and heard.
  const sheet = byId("sheet");
  (sheet.open ? sheet : document.body).append(strip);
  clearTimeout(hideTimer);
  if (kind === "good") hideTimer = setTimeout(hideToast, SHOWN_MS);
}

/** Puts the strip away. */
export function hideToast() {
  clearTimeout(hideTimer);
  byId("toast").hidden = true;
}

byId("toast-close").addEventListener("click", hideToast);
byId("sheet").addEventListener("close", () => document.body.append(byId("toast")));

/** Opens a sheet; a `wide` one has room for tables. */
export function showSheet(title, { wide = false }, ...nodes) {
  byId("sheet").classList.toggle("wide-sheet", wide);
  openSheet(title, ...nodes.filter(Boolean));
}

/** Asks before something that cannot be undone. `action` may throw `Trouble`; its words are shown and the sheet stays. */
export function confirmFirst(title, words, yes, action) {
  const trouble = troubleLine();
  const button = h("button", { type: "button", class: "danger", onclick: () => busy(button, trouble, async () => (await action(), closeSheet())) }, yes);
  showSheet(title, {},
    h("p", {}, words),
    trouble,
    h("div", { class: "choices" },
      h("button", { type: "button", class: "soft", onclick: () => closeSheet() }, say("cancel")),
      button));
}

/** A line for what went wrong, read out when it changes. */
export function troubleLine() {
  return h("p", { class: "trouble-line", role: "alert", hidden: true });
}

/** Puts words in such a line, or nothing. */
export function setTrouble(line, words) {
  line.textContent = words ?? "";
  line.hidden = !words;
}

/** Runs what a button starts: it cannot be pressed twice meanwhile, and what fails is said in the line. */
export async function busy(button, line, action) {
  button.disabled = true;
  setTrouble(line, null);
  try {
    await action();
  } catch (error) {
    setTrouble(line, error.message);
  } finally {
    button.disabled = false;
  }
}

let lastField = 0;

/** A label over a control. */
export function field(label, control, note = null) {
  lastField += 1;
  control.id ||= `field-${lastField}`;
  if (note) control.setAttribute("aria-describedby", `${control.id}-note`);
  return h("div", { class: "field" },
    h("label", { for: control.id }, label),
    control,
    note ? h("p", { class: "quiet", id: `${control.id}-note` }, note) : null);
}

/** Buttons of which one is pressed: `[{ value, label, icon, count }]`. */
export function filters(name, options, pressed, choose) {
  return h("div", { class: "filters", role: "group", "aria-label": name }, options.map(({ value, label, sign, count }) =>
    h("button", { type: "button", class: "filter", "data-value": value, "aria-pressed": String(value === pressed), onclick: () => choose(value) },
      sign ? icon(sign) : null,
      h("span", {}, label),
      count === undefined ? null : h("span", { class: "filter-count" }, count))));
}

/** Puts new nodes in place of the old ones and keeps the focus on what has the same `data-value` or `data-key`. */
export function refill(element, ...nodes) {
  const { value, key } = element.contains(document.activeElement) ? document.activeElement.dataset : {};
  element.replaceChildren(...nodes.flat().filter(Boolean));
  const again = [...element.querySelectorAll("[data-value], [data-key]")].find(({ dataset }) =>
    (value !== undefined && dataset.value === value) || (key !== undefined && dataset.key === key));
  again?.focus({ preventScroll: true });
}
