// The teacher's page's words, and how times, names and numbers are put into them.

import { keepTo, language } from "./language.js";
import { LANGUAGES, STRINGS } from "./teach_strings.js";

keepTo(LANGUAGES);

/** The words of a key; `{name}` becomes `values.name`, and `values.n` decides between singular and plural. */
export function say(key, values = {}) {
  const words = STRINGS[key]?.[LANGUAGES.indexOf(language())];
  if (words === undefined) throw new Error(`no words for "${key}" in ${language()}`);
  const form = typeof words === "string" ? words : (words[new Intl.PluralRules(language()).select(values.n)] ?? words.other);
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Puts words where the page's own elements ask for them: `data-teach` is the text, `data-teach-label` the name. */
export function speakPage() {
  document.documentElement.lang = language();
  for (const element of document.querySelectorAll("[data-teach]")) element.textContent = say(element.dataset.teach);
  for (const element of document.querySelectorAll("[data-teach-label]")) element.setAttribute("aria-label", say(element.dataset.teachLabel));
}

const STEPS = [["minute", 60], ["hour", 60], ["day", 24], ["month", 30], ["year", 12]];

/** `just now`, `5 minutes ago`, `yesterday`. */
export function ago(time, now = Date.now()) {
  let amount = Math.max(0, (now - new Date(time).getTime()) / 1000);
  let unit = null;
  for (const [name, size] of STEPS) {
    if (amount < size) break;
    amount /= size;
    unit = name;
  }
  if (!unit) return say("just_now");
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(-Math.floor(amount), unit);
}

/** When a student was last here. */
export function seenWords(time) {
  return time ? say("seen", { when: ago(time) }) : say("never");
}

/** A date without its time. */
export function day(time) {
  return time ? new Intl.DateTimeFormat(language(), { dateStyle: "medium" }).format(new Date(time)) : "";
}

/** How a student is called: the name, or on an open server the id of the device. */
export function nameOf(student) {
  return student.name || student.client_id;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Orders students by name. */
export function byName(one, other) {
  return collator.compare(nameOf(one), nameOf(other));
}
