// Who belongs to the class: names before class, a new class code, and the class as a table to keep.

import { h, icon } from "./dom.js";
import { ask } from "./teach_api.js";
import { showPoster } from "./teach_code.js";
import { fetched } from "./teach_fetched.js";
import { busy, confirmFirst, field, refill, setTrouble, tellTeacher, troubleLine } from "./teach_parts.js";
import { pinButton, removeButton } from "./teach_student.js";
import { ago, byName, day, nameOf, say } from "./teach_words.js";

const MAX_NAME = 40;

export function studentsView(place, room) {
  const body = h("div", { class: "view-body" });
  const view = fetched(body, () => ask("GET", "/api/class/students"), (students) => {
    room.known = students.map((one) => ({ state: "away", connected: false, ...one }));
    draw(body, students, room, view);
  });
  place.append(
    h("div", { class: "view-head" }, h("h2", {}, say("students_title"))),
    h("div", { class: "two" }, body, h("div", { class: "beside" }, addForm(view), codePart(room), exportPart())));
  return view;
}

function draw(body, students, room, view) {
  if (!students.length) return body.replaceChildren(h("p", { class: "quiet" }, say("students_none")));
  const heads = ["student_name", "student_joined", "student_pin", "student_seen", "student_do"];
  refill(body, h("table", { class: "list", role: "table" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map((key) => h("th", { role: "columnheader", scope: "col" }, say(key))))),
    h("tbody", { role: "rowgroup" }, [...students].sort(byName).map((student) => row(student, room, view)))));
}

function row(student, room, view) {
  const { client_id, has_pin, created, last_seen } = student;
  return h("tr", { role: "row" },
    h("th", { role: "rowheader", scope: "row" },
      h("button", { type: "button", class: "name-link", dir: "auto", "data-key": `open-${client_id}`, "aria-label": say("open_student", { name: nameOf(student) }), onclick: () => room.openStudent(client_id) }, nameOf(student))),
    h("td", { role: "cell", "data-head": say("student_joined") }, day(created)),
    h("td", { role: "cell", "data-head": say("student_pin") }, say(has_pin ? "has_pin" : "no_pin")),
    h("td", { role: "cell", "data-head": say("student_seen") }, last_seen ? ago(last_seen) : say("never")),
    h("td", { role: "cell", class: "doing" }, has_pin ? pinButton(student, view.again) : null, removeButton(student, view.again)));
}

function addForm(view) {
  const box = h("textarea", { class: "input", rows: 4, dir: "auto", autocomplete: "off", spellcheck: "false" });
  const trouble = troubleLine();
  const button = h("button", { type: "submit", class: "solid" }, icon("add"), say("add"));
  const submit = (event) => {
    event.preventDefault();
    const names = [...new Set(box.value.split("\n").map((name) => name.trim().replace(/\s+/g, " ")).filter(Boolean))];
    const long = names.find((name) => [...name].length > MAX_NAME);
    if (!names.length) return setTrouble(trouble, say("add_none"));
    if (long) return setTrouble(trouble, say("add_long", { name: long }));
    busy(button, trouble, async () => {
      const added = await ask("POST", "/api/class/students", { names });
      box.value = "";
      tellTeacher(say("added", { n: added.length }));
      view.again();
    });
  };
  return h("form", { class: "card part", novalidate: true, onsubmit: submit },
    h("h3", {}, say("add_title")), field(say("add_label"), box, say("add_note")), trouble, h("div", { class: "choices" }, button));
}

function codePart(room) {
  if (!room.me.login) return null;
  const renew = () => confirmFirst(say("code_new_title"), say("code_new_note"), say("code_new_yes"), async () => {
    await ask("POST", "/api/class/code");
    tellTeacher(say("code_new_done"));
  });
  return h("section", { class: "card part" },
    h("h3", {}, say("code")),
    h("div", { class: "row" },
      h("button", { type: "button", class: "soft", "aria-haspopup": "dialog", onclick: () => showPoster(room) }, icon("code"), say("code_show")),
      h("button", { type: "button", class: "soft", onclick: renew }, say("code_new"))));
}

function exportPart() {
  const file = (format) => h("a", { class: "soft", href: `/api/class/export?format=${format}`, download: `class.${format}` }, say(`export_${format}`));
  return h("section", { class: "card part" }, h("h3", {}, say("export_title")), h("div", { class: "row" }, file("csv"), file("json")));
}
