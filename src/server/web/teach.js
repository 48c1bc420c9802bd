// The teacher's page: asks who is there, keeps the live connection, and shows one view at a time. The views know nothing of
// each other; what several need is in `room`.

import { Connection } from "./connection.js";
import { byId, h } from "./dom.js";
import { ask } from "./teach_api.js";
import { booksView } from "./teach_books.js";
import { classView } from "./teach_class.js";
import { codeButton, updatePoster } from "./teach_code.js";
import { Commands, commandButtons } from "./teach_commands.js";
import { masteryView } from "./teach_mastery.js";
import { questionsView } from "./teach_questions.js";
import { openAccount, showGate } from "./teach_signin.js";
import { openStudent, updateStudent } from "./teach_student.js";
import { studentsView } from "./teach_students.js";
import { say, speakPage } from "./teach_words.js";

const LOOK_AGAIN_MS = 60000;
const TRY_AGAIN_MS = 3000;

/** What the views share: the class as last told, and what they may ask for. */
const room = {
  me: null,
  class: null,
  books: [],
  commands: null,
  openStudent: (client_id) => openStudent(client_id, room),
};
let views = null;
let connection = null;

async function begin() {
  speakPage();
  let me;
  try {
    me = await ask("GET", "/api/me");
  } catch (error) {
    return showUnreachable(error.status ? error.message : say("unreachable"));
  }
  if (me.login && me.role !== "teacher") return showGate(me, () => location.reload());
  room.me = me;
  openDesk();
}

function showUnreachable(words) {
  byId("gate").hidden = false;
  byId("gate").replaceChildren(h("div", { class: "gate-card" },
    h("h1", {}, say("sign_in_title")),
    h("p", { role: "alert" }, words),
    h("button", { type: "button", class: "solid", onclick: () => location.reload() }, say("try_again"))));
}

function openDesk() {
  byId("desk").hidden = false;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  connection = new Connection({ url: () => `${scheme}//${location.host}/teach/ws`, greeting: "class", onFrame: hear, onState: showState });
  room.commands = new Commands(connection);
  views = {
    class: classView(byId("view-class"), room),
    questions: questionsView(byId("view-questions"), room),
    mastery: masteryView(byId("view-mastery"), room),
    books: booksView(byId("view-books"), room),
    students: studentsView(byId("view-students"), room),
  };
  commandButtons(room);
  codeButton(room);
  byId("account-button").addEventListener("click", () => openAccount(room.me));
  addEventListener("hashchange", showView);
  showView();
  connection.connect();
  setInterval(() => room.class && views.class.update(), LOOK_AGAIN_MS);
}

const viewName = () => (Object.hasOwn(views, location.hash.slice(1)) ? location.hash.slice(1) : "class");

function showView() {
  const shown = viewName();
  for (const name of Object.keys(views)) byId(`view-${name}`).hidden = name !== shown;
  for (const link of document.querySelectorAll(".roof-views a")) {
    if (link.hash === `#${shown}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId("scroller").scrollTop = 0;
  views[shown].show();
}

function hear(frame) {
  switch (frame.type) {
    case "class":
      room.class = frame;
      views.class.update();
      room.commands.update(frame);
      updatePoster(room);
      updateStudent(room);
      return;
    case "ingest":
      return views.books.ingest(frame);
    case "changed":
      return changed(frame.what);
    case "done":
    case "error":
      return room.commands.answered(frame);
  }
}

/** What was told to have changed is fetched again: the view that shows it now, the others when they are looked at. */
function changed(what) {
  const touched = { questions: ["questions", "mastery"], books: ["books", "mastery"], students: ["students", "mastery"] }[what] ?? [];
  for (const name of touched) views[name].changed(name === viewName());
}

async function showState(told) {
  // The server has no other ways to end this connection than to lose it or to take the sign-in away; both are looked into.
  const state = told === "open" || told === "connecting" ? told : "lost";
  const line = byId("connection");
  line.dataset.state = state;
  line.textContent = say(state);
  byId("offline").hidden = state !== "lost";
  byId("offline").textContent = state === "lost" ? say("offline") : "";
  document.body.classList.toggle("stale", state === "lost");
  if (state === "open") return changed("questions"), changed("books"), changed("students");
  if (state !== "lost") return;
  room.commands.dropAll();
  // A teacher who is signed out elsewhere is not let in again: better the password than waiting for nothing.
  const me = await ask("GET", "/api/me").catch(() => null);
  if (me?.login && me.role !== "teacher") return location.reload();
  // Only a connection that broke comes back by itself.
  if (told !== "lost") setTimeout(() => connection.connect(), TRY_AGAIN_MS);
}

begin();
