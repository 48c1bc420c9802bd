// What students know, as a table of students by sections: a number in every cell, and a colour by its value.

import { byId, h } from "./dom.js";
import { ask } from "./teach_api.js";
import { openLesson } from "./teach_commands.js";
import { fetched } from "./teach_fetched.js";
import { showSheet } from "./teach_parts.js";
import { byName, nameOf, say } from "./teach_words.js";

/** How many colours; the last is for what is known. */
const LEVELS = 5;
const LOW = 0.6;

export function masteryView(place, room) {
  const body = h("div", { class: "view-body" });
  place.append(h("div", { class: "view-head" }, h("h2", {}, say("mastery_title")), h("p", { class: "quiet" }, say("mastery_note"))), body);
  return fetched(body, () => ask("GET", "/api/class/mastery"), (data) => draw(body, data, room));
}

function draw(body, { sections, students }, room) {
  if (!sections.length || !students.length) return body.replaceChildren(h("p", { class: "quiet" }, say("mastery_none")));
  const rows = [...students].sort(byName);
  const before = body.querySelector(".heat");
  const kept = before && [before.scrollLeft, before.scrollTop];
  const heat = h("div", { class: "heat", tabindex: "0", role: "region", "aria-label": say("mastery_table") },
    h("table", {},
      h("caption", { class: "unseen" }, say("mastery_table")),
      h("thead", {}, bookRow(sections), sectionRow(sections, rows, room)),
      h("tbody", {}, averageRow(sections, rows), rows.map((student) => studentRow(student, sections, room)))));
  body.replaceChildren(legend(), heat);
  if (kept) heat.scrollTo(...kept);
}

function legend() {
  const ranges = Array.from({ length: LEVELS }, (_, level) => ({ level, words: say("mastery_range", { from: level * 20, to: level === LEVELS - 1 ? 100 : level * 20 + 19 }) }));
  return h("ul", { class: "legend", "aria-label": say("mastery_legend") },
    [...ranges, { level: "none", words: say("mastery_not_asked") }].map(({ level, words }) => h("li", { "data-level": level }, words)));
}

/** The book over its sections. */
function bookRow(sections) {
  const spans = [];
  for (const { book, title } of sections) {
    if (spans.at(-1)?.book === book) spans.at(-1).num += 1;
    else spans.push({ book, title, num: 1 });
  }
  return h("tr", { class: "heat-books" },
    h("td", { class: "heat-corner" }),
    spans.map(({ book, title, num }) => h("th", { scope: "colgroup", colspan: num, dir: "auto" }, h("span", {}, title || book))));
}

function sectionRow(sections, students, room) {
  return h("tr", { class: "heat-sections" },
    h("th", { scope: "col", class: "heat-corner" }, say("mastery_student")),
    sections.map((section, index) => h("th", { scope: "col" },
      h("button", { type: "button", class: "heat-section", title: section.section, "aria-label": say("mastery_section", { section: section.section }), "aria-haspopup": "dialog",
        onclick: () => openSection(section, index, students, room) }, h("span", { dir: "auto" }, section.section)))));
}

function averageRow(sections, students) {
  return h("tr", { class: "heat-all" },
    h("th", { scope: "row" }, say("mastery_everyone")),
    sections.map((_, index) => cell(average(students, index))));
}

function studentRow(student, sections, room) {
  return h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "heat-name", dir: "auto", title: nameOf(student), onclick: () => room.openStudent(student.client_id) }, nameOf(student))),
    sections.map((_, index) => cell(student.cells[index])));
}

function cell(found) {
  if (!found) return h("td", { "data-level": "none" }, h("span", { "aria-hidden": "true" }, "·"), h("span", { class: "unseen" }, say("mastery_not_asked")));
  const { mastery, num_asked: asked, num_right: right } = found;
  return h("td", { "data-level": levelOf(mastery) }, percent(mastery), h("span", { class: "unseen" }, ` ${say("mastery_cell", { right, asked })}`));
}

const percent = (part) => Math.round(Math.min(1, Math.max(0, part)) * 100);

/** Which of the colours: by the number that is shown, so that equal numbers never differ. */
export function levelOf(mastery) {
  return Math.min(LEVELS - 1, Math.floor(percent(mastery) / (100 / LEVELS)));
}

/** The mean of those who were asked, or null. */
function average(students, index) {
  const cells = students.map(({ cells: all }) => all[index]).filter(Boolean);
  if (!cells.length) return null;
  const sum = (field) => cells.reduce((total, one) => total + one[field], 0);
  return { mastery: sum("mastery") / cells.length, num_asked: sum("num_asked"), num_right: sum("num_right"), num_students: cells.length };
}

/** Who needs a section most, and a lesson about it for them. */
function openSection({ section, title, book }, index, students, room) {
  const all = average(students, index);
  const low = students.filter(({ cells }) => cells[index] && cells[index].mastery < LOW).sort((one, other) => one.cells[index].mastery - other.cells[index].mastery);
  const here = new Set((room.class?.students ?? []).filter(({ connected }) => connected).map(({ client_id }) => client_id));
  const reachable = low.filter(({ client_id }) => here.has(client_id));
  showSheet(section, {},
    h("p", { class: "quiet", dir: "auto" }, title || book),
    h("p", {}, all ? say("section_average", { average: percent(all.mastery), n: all.num_students }) : say("section_unasked")),
    reachable.length
      ? h("button", { type: "button", class: "solid", onclick: () => openLesson(room, { students: reachable, topic: section }) }, say("section_lesson", { n: reachable.length }))
      : null,
    h("section", { class: "part" },
      h("h3", {}, say("section_low")),
      low.length
        ? h("ul", { class: "low" }, low.map((student) => h("li", {}, h("bdi", {}, nameOf(student)), h("span", { class: "low-number" }, `${percent(student.cells[index].mastery)}%`))))
        : h("p", { class: "quiet" }, say("section_low_none"))),
    low.length > reachable.length ? h("p", { class: "quiet" }, say("section_lesson_note")) : null);
  byId("sheet-title").focus({ preventScroll: true });
}
