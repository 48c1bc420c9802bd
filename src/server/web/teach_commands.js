// What the teacher says to the whole class or to one: pause, announce, a lesson, a message. Every command says how many
// students it reached.

import { byId, h } from "./dom.js";
import { closeSheet } from "./sheet.js";
import { Trouble } from "./teach_api.js";
import { busy, field, setTrouble, showSheet, tellTeacher, troubleLine } from "./teach_parts.js";
import { nameOf, say } from "./teach_words.js";

const ANSWER_MS = 10000;
const MAX_WORDS = 500;

/** Commands that are under way, each waiting for the frame that answers it. */
export class Commands {
  #connection;
  #waiting = new Map();
  #lastId = 0;

  constructor(connection) {
    this.#connection = connection;
  }

  /** Sends a command; gives how many students it reached. Throws `Trouble`. */
  send(command) {
    this.#lastId += 1;
    const id = this.#lastId;
    if (this.#connection.state !== "open" || !this.#connection.send({ ...command, id })) {
      return Promise.reject(new Trouble(say("no_connection")));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, (one) => one.reject(new Trouble(say("no_answer")))), ANSWER_MS);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /** A `done` or `error` frame. */
  answered(frame) {
    if (frame.type === "done") return this.#settle(frame.id, (one) => one.resolve(frame.reached));
    const trouble = new Trouble(say("error_other", { error: frame.error }), { code: frame.code });
    if (!this.#waiting.has(frame.id)) return tellTeacher(trouble.message, "bad");
    this.#settle(frame.id, (one) => one.reject(trouble));
  }

  /** The connection is gone: nobody knows what became of the commands under way. */
  dropAll() {
    for (const id of [...this.#waiting.keys()]) this.#settle(id, (one) => one.reject(new Trouble(say("no_answer"))));
  }

  /** Shows whether the class is paused. */
  update({ paused }) {
    byId("pause-words").textContent = say(paused ? "go_on" : "pause");
    byId("pause-icon").setAttribute("href", paused ? "#icon-go" : "#icon-pause");
    byId("pause-button").classList.toggle("solid", paused);
    byId("paused").hidden = !paused;
    byId("paused").textContent = paused ? say("paused") : "";
  }

  #settle(id, how) {
    const one = this.#waiting.get(id);
    if (!one) return;
    this.#waiting.delete(id);
    clearTimeout(one.timer);
    how(one);
  }
}

/** Makes the buttons of the bar work. */
export function commandButtons(room) {
  byId("pause-words").textContent = say("pause");
  byId("pause-button").addEventListener("click", () => pause(room));
  byId("announce-button").addEventListener("click", () => openAnnounce(room));
  byId("lesson-button").addEventListener("click", () => openLesson(room, {}));
}

async function pause(room) {
  const paused = !room.class?.paused;
  try {
    const n = await room.commands.send({ type: "pause", paused });
    tellTeacher(say(paused ? "done_pause" : "done_go_on", { n }));
  } catch (error) {
    tellTeacher(error.message, "bad");
  }
}

/** A box for words of at most 500 characters, with a button; `send(words)` may throw, and the words stay. */
export function wordsForm(label, note, button, send) {
  const box = h("textarea", { class: "input", rows: 3, maxlength: MAX_WORDS, dir: "auto" });
  const left = h("p", { class: "quiet left" });
  const trouble = troubleLine();
  const submit = h("button", { type: "submit", class: "solid" }, button);
  const count = () => (left.textContent = say("left", { n: MAX_WORDS - box.value.length }));
  box.addEventListener("input", count);
  box.addEventListener("keydown", (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && form.requestSubmit());
  count();
  const form = h("form", {
    class: "part", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      const words = box.value.trim();
      if (!words) return setTrouble(trouble, say("write_first"));
      busy(submit, trouble, async () => (await send(words), (box.value = ""), count()));
    },
  }, field(label, box, note), trouble, h("div", { class: "choices spread" }, left, submit));
  return form;
}

function openAnnounce(room) {
  const form = wordsForm(say("announce_label"), say("announce_note"), say("send_all"), async (content) => {
    const n = await room.commands.send({ type: "announce", content });
    closeSheet();
    tellTeacher(say("done_announce", { n }));
  });
  showSheet(say("announce_title"), {}, form);
  form.querySelector("textarea").focus();
}

/** The sheet that starts a lesson: for everyone who is here, or for these `students`; `topic` is filled in. */
export async function openLesson(room, { students = null, topic = "" }) {
  const input = h("input", { type: "text", class: "input", maxlength: MAX_WORDS, dir: "auto", autocomplete: "off", value: topic });
  const trouble = troubleLine();
  const start = h("button", { type: "submit", class: "solid" }, say("lesson_start"));
  const shelf = h("div", { class: "topics" });
  const submit = (event) => {
    event.preventDefault();
    const words = input.value.trim();
    if (!words) return setTrouble(trouble, say("write_first"));
    busy(start, trouble, async () => {
      const n = await room.commands.send({ type: "lesson", topic: words, client_ids: students && students.map(({ client_id }) => client_id) });
      closeSheet();
      tellTeacher(say("done_lesson", { n }));
    });
  };
  const title = !students ? say("lesson_title") : students.length === 1 ? say("lesson_title_one", { name: nameOf(students[0]) }) : say("lesson_title_some", { n: students.length });
  showSheet(title, {},
    h("form", { class: "part", novalidate: true, onsubmit: submit },
      field(say("lesson_label"), input, say("lesson_note")),
      trouble,
      h("div", { class: "choices" }, start)),
    h("h3", {}, say("lesson_choose")),
    shelf);
  input.focus();
  const choose = (words) => ((input.value = words), setTrouble(trouble, null), start.focus());
  const books = await room.loadBooks().catch(() => []);
  shelf.replaceChildren(...(books.length ? books.map((book) => bookTopics(book, choose)) : [h("p", { class: "quiet" }, say("no_topics"))]));
}

function bookTopics(book, choose) {
  return h("details", { class: "fold" },
    h("summary", {}, h("bdi", {}, book.title)),
    h("ul", {}, (book.topics ?? []).map((topic) =>
      h("li", {}, h("button", { type: "button", class: "topic", dir: "auto", onclick: () => choose(topic) }, topic)))));
}
