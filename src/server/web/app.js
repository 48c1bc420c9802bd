// The student's page: puts the conversation, the connection and the views together.

import { SAID } from "./answers.js";
import { contents, fetchBooks, openShelf, shelf, starters } from "./books.js";
import { fetchMe, forget, goToJoin, mustJoin, Notices, openMe } from "./class.js";
import { clientId, Connection, socketUrl } from "./connection.js";
import { Conversation } from "./conversation.js";
import { byId, h } from "./dom.js";
import { language, setLanguage, speak, t } from "./language.js";
import { connectionStatus, friendlyError, topicOf, turnStatus } from "./say.js";
import { render } from "./markdown.js";
import { paintQuick } from "./quick.js";
import { boxWords } from "./quiz.js";
import { closeSheet, confirmSheet, openSheet } from "./sheet.js";
import { Scroller } from "./scroller.js";
import { LANGUAGES } from "./strings.js";
import { showTurns, turnElement } from "./transcript.js";

const box = byId("box");
const scroller = new Scroller(byId("scroller"), byId("to-end"));
const touch = matchMedia("(pointer: coarse)").matches;
const notices = new Notices();
let client = clientId();
let me = null;
let books = null;
let asking = false;
let painting = 0;
let counted = 0;

const conversation = new Conversation({
  transmit: (frame) => connection.send(frame),
  changed: () => (painting ||= requestAnimationFrame(paint)),
  finished: (turn) => announce(plainWords(turn)),
  noticed: (code, error) => notice(friendlyError(code, error)),
  returned: giveBack,
});

const connection = new Connection({
  url: () => socketUrl(client),
  onFrame: (frame) => {
    if (frame.type === "welcome" && books === null) loadBooks();
    if (frame.type === "notice") notices.add(frame);
    else conversation.receive(frame);
  },
  onState: (state) => {
    if (state !== "open") conversation.disconnected();
    // Perhaps the server is there and does not let this student in.
    if (state === "lost") whoAmI();
    if (state === "refused") turnAway();
    conversation.changed();
  },
});

/** Asks the server who this is; who has to join is sent there. Gives whether they stay. */
async function whoAmI() {
  const known = await fetchMe();
  if (mustJoin(known)) {
    turnAway();
    return false;
  }
  if (known) {
    me = known;
    // Whose conversation this is decides the server where it knows its students.
    if (me.login && me.client_id) client = me.client_id;
    conversation.changed();
  }
  return true;
}

/** Taken from the class, or signed out from elsewhere: the way back in is the join page. */
function turnAway() {
  forget();
  goToJoin();
}

function say(text) {
  const content = text.trim();
  if (!content) return box.focus();
  if (conversation.paused) return giveBack(content);
  notice("");
  asking = false;
  scroller.followTurn(conversation.say(content), turnElement);
}

/** While the class is paused words wait in the box; what is written there already is left alone. */
function giveBack(words) {
  if (!box.value.trim()) box.value = words;
  fitBox();
  keepDraft();
}

/** As `say`, from a card that goes quiet with it: who works with a keyboard goes on in the box. */
function answer(words) {
  say(words);
  if (!touch) box.focus({ preventScroll: true });
}

// ---- what is shown

function paint() {
  painting = 0;
  paintConnection();
  paintOpening();
  showTurns(conversation.turns, conversation.asked, {
    say, answer, again: (turn) => scroller.followTurn(conversation.again(turn), turnElement),
    progressFile: `/api/sessions/${encodeURIComponent(client)}/progress?format=csv`,
  });
  byId("earlier").hidden = !conversation.more || !conversation.turns.length;
  paintStatus();
  paintLesson();
  paintQuick(conversation, connection.state === "open" && !conversation.paused, { say, ask: askQuestion, choose: () => openShelf(books ?? [], say) });
  paintBox();
  paintClass();
  // A history that just came is shown from its last question on.
  if (counted === 0 && conversation.turns.length) {
    const last = conversation.turns.at(-1);
    scroller.follow(() => turnElement(last));
  }
  counted = conversation.turns.length;
  scroller.settle({ talking: counted > 0 });
}

/** Whose page this is, and whether the class is paused. */
function paintClass() {
  const name = (me?.login && me.name) || "";
  if (byId("who").textContent !== name) byId("who").textContent = name;
  byId("paused").hidden = !conversation.paused;
  byId("send").disabled = conversation.paused;
  document.body.toggleAttribute("data-paused", conversation.paused);
}

function paintConnection() {
  const line = byId("connection");
  const words = connectionStatus(connection.state);
  if (line.textContent !== words) line.textContent = words;
  line.dataset.state = connection.state;
  document.body.dataset.connection = connection.state;
  if (connection.state === "elsewhere") {
    notice(t("elsewhere_notice"), t("use_here"), () => (notice(""), connection.connect()));
  }
}

function paintOpening() {
  const opening = byId("opening");
  // Until the history is here nobody knows whether the page is empty.
  const empty = conversation.turns.length === 0 && (conversation.ready || !opening.hidden);
  opening.hidden = !empty;
  if (!empty) return;
  const state = JSON.stringify([conversation.greeting, books, language()]);
  if (opening.dataset.state === state) return;
  opening.dataset.state = state;
  const { paragraphs, topics } = greeting(conversation.greeting);
  if (!topics.length) topics.push(...starters(books ?? []));
  opening.replaceChildren(...[
    h("div", { class: "ornament", "aria-hidden": "true" }, "❦"),
    h("h2", { id: "opening-title" }, t("opening")),
    h("div", { class: "greeting" }, render(language() === "en" ? paragraphs : t("greeting"), () => null)),
    topics.length ? h("h3", {}, t("start_with")) : null,
    topics.length ? contents(topics, say) : null,
    books?.length ? h("h3", {}, t("class_books")) : null,
    books?.length ? shelf(books, say) : null,
    books && !books.length ? h("p", { class: "quiet" }, t("no_books")) : null,
  ].filter(Boolean));
}

/** The server's greeting in two: its words, and the topics that it proposes, with the books they are from. */
function greeting(words) {
  const topics = [];
  const rest = words.split("\n").filter((line) => {
    const topic = topicOf(line.replace(/^\s*[-*]\s+/, ""));
    const named = (one) => typeof one === "string" && one.trim().toLowerCase() === topic?.toLowerCase();
    if (topic) topics.push({ topic, book: books?.find((book) => book.topics?.some(named)) ?? null });
    return !topic;
  });
  return { paragraphs: rest.join("\n"), topics };
}

function paintStatus() {
  const turn = conversation.current;
  const words = turnStatus(turn, connection.state === "open", conversation.paused);
  const line = byId("status");
  if (line.textContent !== words) line.textContent = words;
  byId("status-row").hidden = !words;
  byId("status-row").dataset.state = turn?.state ?? "";
  byId("stop").disabled = Boolean(turn?.stopping);
}

function paintLesson() {
  const { lesson, mode } = conversation;
  const strip = byId("lesson");
  strip.hidden = !lesson;
  if (!lesson) return;
  byId("lesson-title").textContent = lesson.title;
  byId("lesson-step").textContent = t(mode === "teaching" ? "step" : "step_paused", lesson);
  byId("lesson-bar").max = Math.max(lesson.total, 1);
  byId("lesson-bar").value = lesson.step;
}

function paintBox() {
  const { asked } = conversation;
  const words = asking ? t("box_question") : asked ? boxWords(asked.quiz) : t("box");
  if (box.placeholder !== words) box.placeholder = words;
}

function askQuestion() {
  asking = true;
  paintBox();
  box.focus();
}

/** A short message that stays until the next one; with a button where there is something to do. */
function notice(words, label, action) {
  const line = byId("notice");
  line.hidden = !words;
  if (line.dataset.words === words) return;
  line.dataset.words = words;
  line.replaceChildren(...[
    h("p", {}, words),
    label ? h("button", { type: "button", class: "solid", onclick: action }, label) : null,
    words && !label ? h("button", { type: "button", class: "soft", onclick: () => notice("") }, t("ok")) : null,
  ].filter(Boolean));
}

function announce(words) {
  byId("announcer").textContent = words;
}

/** A reply as a screen reader should say it: the words, without marks, and how many places it stands on. */
function plainWords(turn) {
  const words = turn.text.replace(/^---$/gm, "").replace(/_{3,}/g, t("quiz_gap")).replace(/[*`>#]/g, "");
  const places = turn.citations.length;
  return [
    turn.quiz?.result ? `${t(`result_${turn.quiz.result}`)}.` : "", words, places ? t("from_places", { n: places }) : "",
  ].join(" ").trim();
}

async function loadBooks() {
  books = [];
  try {
    books = await fetchBooks();
  } catch {
    // The page teaches without the list as well; it is asked for again at the next connection.
    books = null;
  }
  conversation.changed();
}

// ---- what the student does

function fitBox() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

function keepDraft() {
  try {
    sessionStorage.setItem("lectern-draft", box.value);
  } catch {
    // Storage is not allowed here; a draft is then lost with the page.
  }
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = box.value;
  if (conversation.paused) return;
  box.value = "";
  fitBox();
  keepDraft();
  say(words);
  if (!touch) box.focus();
});
box.addEventListener("input", () => (fitBox(), keepDraft()));
box.addEventListener("keydown", (event) => {
  // An Enter that ends a word of an input method (Japanese, Chinese) is not a send.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  byId("composer").requestSubmit();
});
byId("stop").addEventListener("click", () => (conversation.stop(), box.focus({ preventScroll: true })));
byId("earlier").addEventListener("click", () => (scroller.hold(), conversation.earlier()));
byId("lesson-stop").addEventListener("click", () => say(SAID.stop_lesson));
byId("lesson-plan").addEventListener("click", () => say(SAID.plan));
byId("me-button").addEventListener("click", () => openMe(me, client));
byId("language-button").addEventListener("click", openLanguages);
byId("books-button").addEventListener("click", () => openShelf(books ?? [], say));
byId("new-button").addEventListener("click", () => {
  confirmSheet(t("new_title"), t("new_words"), t("start_new"), () => {
    notice("");
    conversation.reset();
  });
});

function openLanguages() {
  const choose = (code) => {
    closeSheet();
    setLanguage(code);
    notices.repaint();
    notice("");
    conversation.changed();
  };
  openSheet(
    t("language_title"),
    h("ul", { class: "languages" }, LANGUAGES.map(({ code, name }) => h("li", {},
      h("button", { type: "button", class: "soft wide", lang: code, "aria-pressed": String(code === language()), onclick: () => choose(code) }, name)))),
    h("p", { class: "quiet" }, t("language_note")),
  );
}

// iOS lays its keyboard over the page; the page then shortens itself to what is left.
const viewport = window.visualViewport;
viewport?.addEventListener("resize", () => {
  const covered = window.innerHeight - viewport.height > 80 && viewport.scale === 1;
  document.documentElement.style.setProperty("--height", covered ? `${viewport.height}px` : "100dvh");
  if (covered) window.scrollTo(0, 0);
  scroller.settle();
});

try {
  box.value = sessionStorage.getItem("lectern-draft") ?? "";
} catch {
  // As above.
}
speak();
fitBox();
paint();
if (await whoAmI()) connection.connect();
