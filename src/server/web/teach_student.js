// One student: the conversation with its places in the books, progress, a message, and what can be done for this one.

import { byId, h, icon } from "./dom.js";
import { render } from "./markdown.js";
import { progressTable } from "./progress.js";
import { ownLink } from "./sheet.js";
import { ask, filePath, studentPath } from "./teach_api.js";
import { stateBadge, whereIs } from "./teach_class.js";
import { openLesson, wordsForm } from "./teach_commands.js";
import { confirmFirst, refill, showSheet, tellTeacher } from "./teach_parts.js";
import { ago, nameOf, say, seenWords } from "./teach_words.js";

/** How many messages are shown at first. */
const FIRST = 20;
let shown = null;

/** Opens the sheet of a student. */
export function openStudent(client_id, room) {
  const student = find(client_id, room) ?? { client_id, name: null, state: "away", connected: false };
  const name = nameOf(student);
  const state = h("div", { class: "student-state" });
  const main = h("div", { class: "student-main" });
  shown = { client_id, state, seen: "" };
  const tell = wordsForm(say("tell", { name }), null, say("tell_send"), async (content) => {
    const n = await room.commands.send({ type: "tell", client_id, content });
    tellTeacher(n ? say("done_tell", { n, name }) : say("done_tell_later", { name }));
  });
  const tabs = (pressed) => refill(main, ...studentMain(pressed, student, tabs));
  showSheet(name, { wide: true },
    state,
    h("div", { class: "student" },
      main,
      h("div", { class: "student-doing" },
        tell,
        h("button", { type: "button", class: "soft", onclick: () => openLesson(room, { students: [student] }) }, icon("lesson"), say("lesson_one")),
        downloads(client_id, name),
        h("div", { class: "row student-end" }, pinButton(student), removeButton(student)))));
  updateStudent(room);
  tabs("transcript");
}

/** Keeps the open sheet up with the live class. */
export function updateStudent(room) {
  if (!shown?.state.isConnected) return;
  const student = find(shown.client_id, room);
  const seen = JSON.stringify(student ?? null);
  if (seen === shown.seen) return;
  shown.seen = seen;
  if (!student) return;
  const { title, place, lacking } = whereIs(student);
  shown.state.replaceChildren(
    stateBadge(student),
    student.state === "stuck" && student.stuck ? h("span", { class: "tile-why", dir: "auto" }, student.stuck) : "",
    h("span", { dir: "auto" }, title),
    h("span", { class: "quiet" }, [place, lacking, say("messages", { n: student.num_messages ?? 0 }), student.connected ? "" : seenWords(student.last_seen)].filter(Boolean).join(" · ")));
}

function find(client_id, room) {
  return room.class?.students.find((one) => one.client_id === client_id) ?? room.known?.find((one) => one.client_id === client_id) ?? null;
}

/** Two tabs, and what the pressed one shows. */
function studentMain(pressed, { client_id }, tabs) {
  const body = h("div", { class: "student-body" }, h("p", { class: "quiet" }, say("loading")));
  const load = { transcript: loadTranscript, progress: loadProgress }[pressed];
  load(client_id).then((nodes) => body.replaceChildren(...nodes), (error) => {
    // Nothing is kept yet of a student who has only been put on the list.
    const nothing = error.status === 404 ? say(pressed === "progress" ? "mastery_none" : "transcript_none") : error.message;
    body.replaceChildren(h("p", { class: "quiet" }, nothing));
  });
  const tab = (value) => h("button", { type: "button", class: "filter", "data-value": value, "aria-pressed": String(value === pressed), onclick: () => tabs(value) }, say(value));
  return [h("div", { class: "filters" }, tab("transcript"), tab("progress")), body];
}

async function loadProgress(client_id) {
  const { sections } = await ask("GET", filePath(client_id, "progress", "json"));
  const chart = progressTable(sections, filePath(client_id, "progress", "csv"));
  // Its own name speaks to the student.
  for (const named of [chart, ...chart.querySelectorAll("table")]) named.setAttribute("aria-label", say("progress"));
  return [chart];
}

async function loadTranscript(client_id) {
  const { messages } = await ask("GET", filePath(client_id, "export", "json"));
  if (!messages.length) return [h("p", { class: "quiet" }, say("transcript_none"))];
  const log = h("ol", { class: "talk", tabindex: "0", "aria-label": say("transcript") });
  let from = messages.length;
  const earlier = h("button", { type: "button", class: "soft" });
  const more = () => {
    const start = Math.max(0, from - FIRST);
    log.prepend(...messages.slice(start, from).map(spoken));
    from = start;
    earlier.hidden = from === 0;
    earlier.textContent = say("earlier", { n: from });
  };
  earlier.addEventListener("click", more);
  more();
  requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
  return [earlier, log];
}

function spoken({ role, content, response, timestamp, citations }) {
  const mine = role === "user";
  return h("li", { class: "said", "data-role": role },
    h("p", { class: "said-who" }, say(mine ? "said_student" : "said_tutor"), " · ", h("time", { datetime: timestamp }, timestamp ? ago(timestamp) : "")),
    mine ? h("p", { dir: "auto", class: "said-words" }, content) : h("div", { class: "words" }, render(content ?? response ?? "", () => null)),
    citations?.length ? sources(citations) : null);
}

function sources(citations) {
  return h("details", { class: "fold" },
    h("summary", {}, say("sources", { n: citations.length })),
    h("ul", {}, citations.map(({ title, book, page, page_label, quote, url }) => {
      const link = ownLink(url);
      const words = [h("bdi", {}, title || book), `, ${say("page", { page: page_label || page })}`];
      return h("li", {},
        link ? h("a", { href: link, target: "_blank", rel: "noopener", class: "inline-link" }, words) : h("span", {}, words),
        h("blockquote", { dir: "auto" }, quote));
    })));
}

function downloads(client_id, name) {
  const file = (what, format) => h("a", { class: "soft", href: filePath(client_id, what, format), download: `${client_id}${what === "progress" ? "-progress" : ""}.${format}` },
    say(`download_${format}`));
  return h("div", { class: "part", role: "group", "aria-label": `${say("downloads")}: ${name}` },
    h("h3", {}, say("downloads")),
    h("div", { class: "row" }, file("export", "html"), file("export", "md"), file("export", "json"), file("progress", "csv")));
}

/** The button that makes a student choose new pictures. `after()` when it is done. */
export function pinButton(student, after = () => {}) {
  const name = nameOf(student);
  const ask_first = () => confirmFirst(say("forget_pin_title", { name }), say("forget_pin_note", { name }), say("forget_pin"), async () => {
    await ask("POST", studentPath(student.client_id, "/forget-pin"));
    tellTeacher(say("forget_pin_done", { name }));
    after();
  });
  return h("button", { type: "button", class: "soft", "data-key": `pin-${student.client_id}`, "aria-label": say("forget_pin_of", { name }), onclick: ask_first }, say("forget_pin"));
}

/** The button that removes a student. `after()` when it is done. */
export function removeButton(student, after = () => {}) {
  const name = nameOf(student);
  const ask_first = () => confirmFirst(say("remove_student_title", { name }), say("remove_student_note", { name }), say("remove_student_yes"), async () => {
    await ask("DELETE", studentPath(student.client_id));
    tellTeacher(say("remove_student_done", { name }));
    byId("scroller").focus({ preventScroll: true });
    after();
  });
  return h("button", { type: "button", class: "soft red", "data-key": `remove-${student.client_id}`, "aria-label": say("remove_student_of", { name }), onclick: ask_first }, say("remove"));
}
