// The turns of a conversation as pages: the student's slip of paper, then the page that answers it with its notes.

import { byId, h } from "./dom.js";
import { render } from "./markdown.js";
import { friendlyError, pageLabel, shortTitle, topicOf } from "./say.js";
import { openCitation } from "./sheet.js";

const list = byId("transcript");
const shown = new Map();

/**
 * Shows these turns, touching only those that changed. `actions.again(turn)` asks again, `actions.say(words)` says
 * something.
 */
export function showTurns(turns, actions) {
  const keys = new Set(turns.map((turn) => turn.key));
  for (const [key, view] of shown) {
    if (!keys.has(key)) (view.element.remove(), shown.delete(key));
  }
  let before = null;
  for (const turn of turns) {
    let view = shown.get(turn.key);
    if (!view) shown.set(turn.key, (view = { element: h("article", { class: "turn" }), seen: "" }));
    const place = before ? before.nextSibling : list.firstChild;
    if (view.element !== place) list.insertBefore(view.element, place);
    before = view.element;
    const seen = JSON.stringify([turn.question, turn.text, turn.state, turn.finish, turn.citations.length, turn.error]);
    if (seen !== view.seen) fill(view, turn, actions);
    view.seen = seen;
  }
}

/** The place of a turn on the page. */
export function turnElement(turn) {
  return shown.get(turn.key)?.element ?? null;
}

function fill({ element }, turn, actions) {
  element.setAttribute("data-state", turn.state);
  element.setAttribute("aria-label", turn.question === null ? "Reply" : "Question and reply");
  const slip = turn.question === null ? null
    : h("div", { class: "slip", dir: "auto" }, h("span", { class: "unseen" }, "You: "), turn.question);
  element.replaceChildren(...[slip, page(turn, actions), trouble(turn, actions)].filter(Boolean));
}

function page(turn, actions) {
  if (!turn.text) return null;
  const done = turn.state === "done";
  return h("div", { class: "page" },
    head(turn),
    h("div", { class: "words" }, render(turn.text, (piece) => marker(piece, turn.citations), (item) => suggestion(item, actions))),
    done && turn.finish === "cancelled" ? h("p", { class: "quiet end" }, "You stopped this reply.") : null,
    done && turn.finish === "length" ? h("p", { class: "quiet end" }, "This reply was cut short. Ask for more if you need it.") : null,
    notes(turn));
}

/** The running head: which lesson, which step. */
function head({ lesson }) {
  if (!lesson) return null;
  return h("div", { class: "page-head" },
    h("span", { dir: "auto" }, lesson.title),
    h("span", {}, `Step ${lesson.step} of ${lesson.total}`));
}

/** The footnotes: a chip for every place in a book. */
function notes({ citations, grounded, state }) {
  if (!citations.length || state !== "done") return null;
  return h("div", { class: "notes" },
    h("ol", { "aria-label": "Where this is in the books" }, citations.map((citation, index) =>
      h("li", {},
        h("button", { type: "button", class: "chip", "aria-haspopup": "dialog", onclick: () => openCitation(citation) },
          h("span", { class: "chip-number", "aria-hidden": "true" }, index + 1),
          h("span", { class: "chip-page" }, pageLabel(citation)),
          h("span", { class: "chip-book", dir: "auto" }, ` · ${shortTitle(citation.title || citation.book)}`))))),
    grounded === false
      ? h("p", { class: "quiet" }, "This may not answer your question. Read the page, or ask your teacher.")
      : null);
}

/** A `[1]` or `(p. 12)` in the words that names one of the citations becomes a way to it. */
function marker(piece, citations) {
  const citation = piece.type === "mark"
    ? citations[Number(piece.text) - 1]
    : onPage(piece.text, citations);
  if (!citation) return null;
  return h("button", { type: "button", class: "marker", "data-kind": piece.type, "aria-haspopup": "dialog",
    "aria-label": `${piece.type === "mark" ? piece.text : piece.raw}, see the words of the book, ${pageLabel(citation)}`,
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
  return h("button", { type: "button", class: "suggestion", dir: "auto", onclick: () => actions.say(item) }, item);
}

function trouble(turn, actions) {
  if (turn.state !== "failed") return null;
  const unanswered = turn.error?.code === "unanswered";
  const words = { unanswered: "There was no reply to this.", stopped: "This was not sent." }[turn.error?.code]
    ?? friendlyError(turn.error?.code, turn.error?.error);
  const again = turn.question && turn.error?.code !== "too_long" && turn.error?.code !== "empty";
  return h("div", { class: "trouble" },
    h("p", {}, words),
    again ? h("button", { type: "button", class: "soft", onclick: () => actions.again(turn) }, unanswered ? "Ask again" : "Try again") : null);
}
