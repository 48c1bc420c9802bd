// The student's page: puts the conversation, the connection and the views together.

import { contents, fetchBooks, openShelf, shelf, starters } from "./books.js";
import { clientId, Connection, socketUrl } from "./connection.js";
import { Conversation } from "./conversation.js";
import { byId, h } from "./dom.js";
import { connectionStatus, friendlyError, topicOf, turnStatus } from "./say.js";
import { render } from "./markdown.js";
import { confirmSheet } from "./sheet.js";
import { Scroller } from "./scroller.js";
import { showTurns, turnElement } from "./transcript.js";

const box = byId("box");
const scroller = new Scroller(byId("scroller"), byId("to-end"));
const touch = matchMedia("(pointer: coarse)").matches;
let books = null;
let painting = 0;
let counted = 0;

const conversation = new Conversation({
  transmit: (frame) => connection.send(frame),
  changed: () => (painting ||= requestAnimationFrame(paint)),
  finished: (turn) => announce(plainWords(turn)),
  noticed: (code, error) => notice(friendlyError(code, error)),
});

const connection = new Connection({
  url: socketUrl(clientId()),
  onFrame: (frame) => (frame.type === "welcome" && books === null && loadBooks(), conversation.receive(frame)),
  onState: (state) => {
    if (state !== "open") conversation.disconnected();
    conversation.changed();
  },
});

function say(text) {
  const content = text.trim();
  if (!content) return box.focus();
  notice("");
  scroller.followTurn(conversation.say(content), turnElement);
}

// ---- what is shown

function paint() {
  painting = 0;
  paintConnection();
  paintOpening();
  showTurns(conversation.turns, { say, again: (turn) => scroller.followTurn(conversation.again(turn), turnElement) });
  byId("earlier").hidden = !conversation.more || !conversation.turns.length;
  paintStatus();
  paintLesson();
  paintQuick();
  // A history that just came is shown from its last question on.
  if (counted === 0 && conversation.turns.length) {
    const last = conversation.turns.at(-1);
    scroller.follow(() => turnElement(last));
  }
  counted = conversation.turns.length;
  scroller.settle({ talking: counted > 0 });
}

function paintConnection() {
  const line = byId("connection");
  const words = connectionStatus(connection.state);
  if (line.textContent !== words) line.textContent = words;
  line.dataset.state = connection.state;
  document.body.dataset.connection = connection.state;
  if (connection.state === "elsewhere") {
    notice("Your lesson is open in another tab.", "Use it here", () => (notice(""), connection.connect()));
  }
}

function paintOpening() {
  const opening = byId("opening");
  // Until the history is here nobody knows whether the page is empty.
  const empty = conversation.turns.length === 0 && (conversation.ready || !opening.hidden);
  opening.hidden = !empty;
  if (!empty) return;
  const state = JSON.stringify([conversation.greeting, books]);
  if (opening.dataset.state === state) return;
  opening.dataset.state = state;
  const { paragraphs, topics } = greeting(conversation.greeting);
  if (!topics.length) topics.push(...starters(books ?? []));
  opening.replaceChildren(...[
    h("div", { class: "ornament", "aria-hidden": "true" }, "❦"),
    h("h2", { id: "opening-title" }, "What shall we learn today?"),
    h("div", { class: "greeting" }, render(paragraphs, () => null)),
    topics.length ? h("h3", {}, "Start with") : null,
    topics.length ? contents(topics, say) : null,
    books?.length ? h("h3", {}, "Books of this class") : null,
    books?.length ? shelf(books, say) : null,
    books && !books.length ? h("p", { class: "quiet" }, "There are no books yet. Your teacher can add some.") : null,
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
  const words = turnStatus(turn, connection.state === "open");
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
  byId("lesson-step").textContent = `Step ${lesson.step} of ${lesson.total}${mode === "teaching" ? "" : ", paused"}`;
  byId("lesson-bar").max = Math.max(lesson.total, 1);
  byId("lesson-bar").value = lesson.step;
}

function paintQuick() {
  const row = byId("quick");
  const resting = !conversation.current && connection.state === "open" && conversation.turns.length > 0;
  row.hidden = !resting;
  const kind = conversation.lesson ? "lesson" : "idle";
  if (row.dataset.kind === kind) return;
  row.dataset.kind = kind;
  const button = (words, action, look = "soft") => h("button", { type: "button", class: look, onclick: action }, words);
  row.replaceChildren(...(kind === "lesson"
    ? [
        button("Continue", () => say("continue"), "solid"),
        button("Simpler", () => say("explain more simply")),
        button([h("span", { class: "roomy" }, "I have a\u00a0"), "question"], askQuestion, "soft asks"),
      ]
    : [button("Choose a topic", () => openShelf(books ?? [], say))]));
}

function askQuestion() {
  box.placeholder = "What is your question?";
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
    words && !label ? h("button", { type: "button", class: "soft", onclick: () => notice("") }, "OK") : null,
  ].filter(Boolean));
}

function announce(words) {
  byId("announcer").textContent = words;
}

/** A reply as a screen reader should say it: the words, without marks, and how many places it stands on. */
function plainWords(turn) {
  const words = turn.text.replace(/[*`>#]/g, "");
  const places = turn.citations.length;
  return places ? `${words} From ${places} ${places === 1 ? "place" : "places"} in the books.` : words;
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
  box.value = "";
  box.placeholder = "Ask me anything";
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
byId("lesson-stop").addEventListener("click", () => say("stop the lesson"));
byId("books-button").addEventListener("click", () => openShelf(books ?? [], say));
byId("new-button").addEventListener("click", () => {
  confirmSheet("Start a new conversation?", "This conversation and the place in your lesson will be put away.", "Start new", () => {
    notice("");
    conversation.reset();
  });
});

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
fitBox();
connection.connect();
paint();
