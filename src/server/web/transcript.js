// The turns of a conversation as pages: the student's slip of paper, then the page that answers it with its notes.

import { readable, wordsOf } from "./answers.js";
import { openCitation } from "./citation.js";
import { byId, h } from "./dom.js";
import { language, t } from "./language.js";
import { render } from "./markdown.js";
import { progressTable } from "./progress.js";
import { liveCard, pastCard, resultMark } from "./quiz.js";
import { friendlyError, pageLabel, shortTitle, shownMessage, topicOf } from "./say.js";

const list = byId("transcript");
const shown = new Map();

/**
 * Shows these turns, touching only those that changed; `asked` is the one whose question waits for an answer, or null.
 * `actions.again(turn)` asks again, `actions.say(words)` says something, `actions.answer(words)` answers a question;
 * `actions.progressFile` is where the student's progress can be kept from.
 */
export function showTurns(turns, asked, actions) {
  const keys = new Set(turns.map((turn) => turn.key));
  for (const [key, view] of shown) {
    if (!keys.has(key)) (view.element.remove(), shown.delete(key));
  }
  let before = null;
  let quiz = null;
  for (const [index, turn] of turns.entries()) {
    const around = { quiz, after: turns[index + 1] ?? null, isAsked: turn === asked };
    if (turn.state === "done") ({ quiz } = turn);
    let view = shown.get(turn.key);
    if (!view) shown.set(turn.key, (view = { element: h("article", { class: "turn" }), seen: "" }));
    const place = before ? before.nextSibling : list.firstChild;
    if (view.element !== place) list.insertBefore(view.element, place);
    before = view.element;
    const seen = JSON.stringify([
      turn.question, turn.text, turn.state, turn.finish, turn.citations.length, turn.error, turn.quiz, turn.progress, language(),
      around.quiz?.options, turn.quiz && [around.isAsked, around.after?.question, repeats(turn, around.after)],
    ]);
    if (seen !== view.seen) fill(view, turn, around, actions);
    view.seen = seen;
  }
}

/** The place of a turn on the page. */
export function turnElement(turn) {
  return shown.get(turn.key)?.element ?? null;
}

function fill({ element }, turn, around, actions) {
  element.setAttribute("data-state", turn.state);
  element.setAttribute("aria-label", t(turn.question === null ? "reply" : "question_and_reply"));
  element.replaceChildren(...[slip(turn, around.quiz), page(turn, actions), card(turn, around, actions), trouble(turn, actions)].filter(Boolean));
}

/** What the student said; an answer to `quiz` with the words of the options chosen. */
function slip({ question, byTeacher }, quiz) {
  if (question === null) return null;
  return h("div", { class: "slip", "data-from": byTeacher ? "teacher" : null },
    byTeacher ? h("span", { class: "from" }, t("teacher")) : h("span", { class: "unseen" }, t("you")),
    h("span", { dir: "auto" }, readable(question, quiz) ?? shownMessage(question)));
}

function page(turn, actions) {
  const words = wordsOf(turn);
  const done = turn.state === "done";
  const result = done ? resultMark(turn.quiz?.result) : null;
  if (!words && !result && !turn.progress) return null;
  return h("div", { class: "page" },
    head(turn),
    result,
    words ? h("div", { class: "words" }, render(words, (piece) => marker(piece, turn.citations), (item) => suggestion(item, actions))) : null,
    turn.progress ? progressTable(turn.progress, actions.progressFile) : null,
    done && turn.finish === "cancelled" ? h("p", { class: "quiet end" }, t("stopped")) : null,
    done && turn.finish === "length" ? h("p", { class: "quiet end" }, t("cut")) : null,
    notes(turn));
}

/** The question of a reply: to be answered now, or as it was; asked once more right after, it is shown there only. */
function card(turn, { after, isAsked }, actions) {
  if (!turn.quiz || turn.state !== "done") return null;
  if (isAsked) return liveCard(turn.quiz, actions.answer);
  return repeats(turn, after) ? null : pastCard(turn.quiz, after?.question);
}

function repeats({ quiz }, after) {
  return Boolean(after?.quiz) && ["purpose", "number", "prompt"].every((field) => after.quiz[field] === quiz?.[field]);
}

/** The running head: which lesson, which step. */
function head({ lesson }) {
  if (!lesson) return null;
  return h("div", { class: "page-head" },
    h("span", { dir: "auto" }, lesson.title),
    h("span", {}, t("step", lesson)));
}

/** The footnotes: a chip for every place in a book. */
function notes({ citations, grounded, state }) {
  if (!citations.length || state !== "done") return null;
  return h("div", { class: "notes" },
    h("ol", { "aria-label": t("places") }, citations.map((citation, index) =>
      h("li", {},
        h("button", { type: "button", class: "chip", "aria-haspopup": "dialog", onclick: () => openCitation(citation) },
          h("span", { class: "chip-number", "aria-hidden": "true" }, index + 1),
          h("span", { class: "chip-page" }, pageLabel(citation)),
          h("span", { class: "chip-book", dir: "auto" }, ` · ${shortTitle(citation.title || citation.book)}`))))),
    grounded === false
      ? h("p", { class: "quiet" }, t("ungrounded"))
      : null);
}

/** A `[1]` or `(p. 12)` in the words that names one of the citations becomes a way to it. */
function marker(piece, citations) {
  const citation = piece.type === "mark"
    ? citations[Number(piece.text) - 1]
    : onPage(piece.text, citations);
  if (!citation) return null;
  return h("button", { type: "button", class: "marker", "data-kind": piece.type, "aria-haspopup": "dialog",
    "aria-label": t("see_words", { mark: piece.type === "mark" ? piece.text : piece.raw, page: pageLabel(citation) }),
    onclick: () => openCitation(citation) }, piece.type === "mark" ? piece.text : piece.raw);
}

/** The citation of a page: as printed (`7-12` is one page in some books), else as counted, else the first of a range. */
function onPage(text, citations) {
  const names = [text.trim(), text.split(/[-–,]/)[0].trim()];
  const labelled = (name) => citations.find((one) => String(one.page_label) === name) ?? citations.find((one) => String(one.page) === name);
  return labelled(names[0]) ?? labelled(names[1]);
}

/** A line that says what can be said becomes a button that says it. */
function suggestion(item, actions) {
  if (!topicOf(item)) return null;
  return h("button", { type: "button", class: "suggestion", dir: "auto", onclick: () => actions.say(item) }, shownMessage(item));
}

function trouble(turn, actions) {
  if (turn.state !== "failed") return null;
  const unanswered = turn.error?.code === "unanswered";
  const words = { unanswered: t("unanswered"), stopped: t("unsent") }[turn.error?.code]
    ?? friendlyError(turn.error?.code, turn.error?.error);
  const again = turn.question && turn.error?.code !== "too_long" && turn.error?.code !== "empty";
  return h("div", { class: "trouble" },
    h("p", {}, words),
    again ? h("button", { type: "button", class: "soft", onclick: () => actions.again(turn) }, t(unanswered ? "ask_again" : "try_again")) : null);
}
