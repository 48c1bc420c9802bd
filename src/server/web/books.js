// The class's books: covers on a shelf, and a table of contents of things to be taught.

import { byId, h } from "./dom.js";
import { t } from "./language.js";
import { closeSheet, openSheet } from "./sheet.js";
import { pages, shortTitle } from "./say.js";

const CLOTHS = 6;
const MAX_STARTERS = 5;

/** The books as the server lists them; throws where it cannot be asked. */
export async function fetchBooks() {
  const answer = await fetch("/api/books", { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`the list of books: HTTP ${answer.status}`);
  const body = await answer.json();
  const list = Array.isArray(body) ? body : (body.books ?? []);
  return list.filter((book) => book && book.id && book.title);
}

/** The covers; `teach(message)` is called with what the student chose to be taught. */
export function shelf(books, teach) {
  return h("ul", { class: "shelf" }, books.map((book, index) => h("li", {}, cover(book, index % CLOTHS, teach))));
}

function cover(book, cloth, teach) {
  return h("button", { type: "button", class: "cover", "data-cloth": cloth, onclick: () => openBook(book, teach) },
    h("span", { class: "cover-title", dir: "auto" }, book.title),
    h("span", { class: "cover-pages" }, pages(book.num_pages)));
}

function openBook(book, teach) {
  const topics = topicsOf(book);
  const choose = (message) => (closeSheet(byId("box")), teach(message));
  openSheet(
    book.title,
    h("p", { class: "quiet" }, pages(book.num_pages)),
    topics.length
      ? contents(topics.map((topic) => ({ topic, book: null })), choose)
      : h("button", { type: "button", class: "solid", onclick: () => choose(`Teach me about ${book.title}`) }, t("teach_book")),
    h("a", { class: "soft wide", href: `/api/books/${encodeURIComponent(book.id)}/file`, target: "_blank", rel: "noopener" }, t("open_book")),
  );
}

/** The shelf as a sheet, for the middle of a conversation. */
export function openShelf(books, teach) {
  openSheet(t("class_books"), books.length ? shelf(books, teach) : h("p", { class: "quiet" }, t("no_books")));
}

function topicsOf(book) {
  const topics = Array.isArray(book.topics) ? book.topics : [];
  return topics.filter((topic) => typeof topic === "string" && topic.trim()).map((topic) => topic.trim());
}

/** Things to begin with: topics of all books in turn, so that each book has its share. */
export function starters(books) {
  const lists = books.map((book) => ({ book, topics: spread(topicsOf(book)) }));
  const chosen = [];
  for (let round = 0; chosen.length < MAX_STARTERS && lists.some(({ topics }) => topics[round]); round += 1) {
    for (const { book, topics } of lists) {
      if (topics[round] && chosen.length < MAX_STARTERS) chosen.push({ topic: topics[round], book });
    }
  }
  return chosen;
}

/** A few topics from all over a book, the first included. */
function spread(topics) {
  const short = topics.filter((topic) => topic.length <= 60);
  const step = Math.max(1, Math.floor(short.length / MAX_STARTERS));
  return short.filter((_, index) => index % step === 0);
}

/** Topics set as a table of contents; each line asks to be taught. */
export function contents(entries, teach) {
  return h("ul", { class: "contents" }, entries.map(({ topic, book }) => {
    const name = topic.replace(/^(chapter\s+)?\d+(\.\d+)*[.:]?\s+/i, "") || topic;
    const message = `Teach me about ${name}`;
    return h("li", {},
      h("button", { type: "button", class: "entry", "aria-label": t("teach_about", { topic: name }), onclick: () => teach(message) },
        h("span", { class: "entry-topic", dir: "auto" }, name),
        h("span", { class: "leader", "aria-hidden": "true" }),
        h("span", { class: "entry-book", dir: book && "auto", "aria-hidden": "true" }, book ? shortTitle(book.title) : t("teach_me"))));
  }));
}
