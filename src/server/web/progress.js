// What the student knows by now, as a table with a bar for every section of every book.

import { h } from "./dom.js";
import { language, t } from "./language.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The table of a list of sections in book order; `file` is where the same list can be kept from. */
export function progressTable(entries, file) {
  const title = h("h3", { class: "chart-title" }, t("progress"));
  if (!entries.length) return h("section", { class: "chart" }, title, h("p", { class: "quiet" }, t("progress_none")));
  const books = [...new Set(entries.map(({ book }) => book))];
  // The roles say again what the elements are: some browsers forget it when a table is laid out as something else.
  return h("section", { class: "chart", "aria-label": t("progress") },
    title,
    h("table", { role: "table", "aria-label": t("progress") },
      h("thead", { role: "rowgroup", class: "unseen" }, h("tr", { role: "row" },
        ["section", "mastery", "answers", "due"].map((name) => h("th", { role: "columnheader", scope: "col" }, t(`progress_${name}`))))),
      books.map((book) => group(entries.filter((entry) => entry.book === book)))),
    h("a", { class: "soft keep", href: file, download: "progress.csv" }, t("progress_keep")));
}

function group(entries) {
  const [{ title, book }] = entries;
  return h("tbody", { role: "rowgroup" },
    h("tr", { role: "row", class: "chart-book" }, h("th", { role: "rowheader", scope: "rowgroup", colspan: 4, dir: "auto" }, title || book)),
    entries.map(row));
}

function row({ section, mastery, num_asked: asked, num_right: right, due }) {
  const part = Math.min(1, Math.max(0, mastery));
  return h("tr", { role: "row", class: "chart-row" },
    h("th", { role: "rowheader", scope: "row", class: "chart-section", dir: "auto" }, section),
    h("td", { role: "cell", class: "chart-known" },
      bar(part),
      h("span", { class: "chart-percent" }, new Intl.NumberFormat(language(), { style: "percent" }).format(part))),
    h("td", { role: "cell", class: "chart-answers" }, t("progress_right", { right, n: asked })),
    h("td", { role: "cell", class: "chart-due" }, t("progress_when", { when: dueWords(due) })));
}

function bar(part) {
  const filled = h("span", { class: "bar-filled" });
  filled.style.setProperty("inline-size", `${part * 100}%`);
  return h("span", { class: "bar", "aria-hidden": "true" }, filled);
}

/** `today`, `tomorrow`, `in 3 days`: by the days of the calendar; what is overdue is for today. */
export function dueWords(due, now = new Date()) {
  if (!due) return t("progress_later");
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.max(0, Math.round((midnight(new Date(due)) - midnight(now)) / DAY_MS));
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(days, "day");
}
