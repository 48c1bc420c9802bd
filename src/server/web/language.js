// The language of the page's own words: that of the browser until the student chooses one. Knows nothing of the texts of
// books, of the tutor and of students; those stay as they are.

import { CLASS_STRINGS } from "./join_strings.js";
import { LANGUAGES, STRINGS } from "./strings.js";

const KEY = "lectern-language";
const ALL = { ...STRINGS, ...CLASS_STRINGS };
let chosen = LANGUAGES.findIndex(({ code }) => code === (kept() ?? wanted()));
if (chosen < 0) chosen = 0;

/** Keeps this page to languages that it has words for, without changing what was chosen for the others. */
export function keepTo(codes) {
  if (!codes.includes(language())) chosen = LANGUAGES.findIndex(({ code }) => code === codes[0]);
}

/** The code of the language in use: `en`, `hi`, … */
export function language() {
  return LANGUAGES[chosen].code;
}

/** The words of a key; `{name}` becomes `values.name`, and `values.n` decides between singular and plural. */
export function t(key, values = {}) {
  const words = ALL[key]?.[chosen];
  if (words === undefined) throw new Error(`no words for "${key}" in ${language()}`);
  const form = typeof words === "string" ? words : (words[new Intl.PluralRules(language()).select(values.n)] ?? words.other);
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Puts the page into this language and remembers it. */
export function setLanguage(code) {
  chosen = Math.max(0, LANGUAGES.findIndex((one) => one.code === code));
  try {
    localStorage.setItem(KEY, code);
  } catch {
    // Storage is not allowed here: the choice lasts until the page is left.
  }
  speak();
}

/** Says what stands in the page itself: `data-say` is the text, `data-say-label` the name. */
export function speak() {
  const { code, dir } = LANGUAGES[chosen];
  Object.assign(document.documentElement, { lang: code, dir });
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = t(element.dataset.say);
  for (const element of document.querySelectorAll("[data-say-label]")) element.setAttribute("aria-label", t(element.dataset.sayLabel));
}

function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The first language of the browser that the page speaks. */
function wanted() {
  const codes = LANGUAGES.map(({ code }) => code);
  return (navigator.languages ?? [navigator.language]).map((name) => name.split("-")[0]).find((code) => codes.includes(code));
}
