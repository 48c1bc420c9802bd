// The books of the class: what is there, adding PDFs one after the other, removing one.

import { byId, h, icon } from "./dom.js";
import { fetchBooks } from "./books.js";
import { ask, Trouble } from "./teach_api.js";
import { fetched } from "./teach_fetched.js";
import { confirmFirst, tellTeacher } from "./teach_parts.js";
import { Uploads } from "./teach_uploads.js";
import { say } from "./teach_words.js";

const COUNTED = ["reading", "embedding", "indexing"];

export function booksView(place, room) {
  const body = h("div", { class: "view-body" });
  const rows = h("ul", { class: "uploads", "aria-label": say("uploads") });
  const view = fetched(body, loadBooks, (books) => draw(body, books, view));
  const uploads = new Uploads({ onChange: () => showUploads(rows, uploads), onDone: () => view.again() });
  room.loadBooks = loadBooks;
  place.append(
    h("div", { class: "view-head" }, h("h2", {}, say("books_title"))),
    dropZone(place, (files) => uploads.add(files)), rows, body);
  rows.hidden = true;
  return { ...view, ingest: (frame) => uploads.hear(frame) };
}

async function loadBooks() {
  try {
    return await fetchBooks();
  } catch {
    throw new Trouble(say("error_network"));
  }
}

/** The place for files: a button that chooses, and the whole view that takes what is dropped. */
function dropZone(place, add) {
  const input = h("input", { type: "file", accept: "application/pdf,.pdf", multiple: true, class: "input", hidden: true });
  const choose = h("button", { type: "button", class: "solid", onclick: () => input.click() }, icon("add"), say("upload"));
  const hint = h("p", { class: "quiet" }, say("upload_hint"));
  const zone = h("div", { class: "drop" }, input, choose, hint);
  input.addEventListener("change", () => (add([...input.files]), (input.value = "")));
  const over = (event, isOver) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    zone.classList.toggle("over", isOver);
    hint.textContent = say(isOver ? "upload_drop" : "upload_hint");
  };
  place.addEventListener("dragover", (event) => over(event, true));
  place.addEventListener("dragleave", (event) => !place.contains(event.relatedTarget) && over(event, false));
  place.addEventListener("drop", (event) => (over(event, false), add([...event.dataTransfer.files])));
  // A file dropped beside the place must not make the browser leave the page.
  for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
  return zone;
}

function showUploads(list, uploads) {
  list.hidden = !uploads.entries.length;
  const held = new Map([...list.children].map((item) => [item.dataset.upload, item]));
  list.replaceChildren(...uploads.entries.map((entry) => {
    const item = held.get(entry.key) ?? h("li", { class: "upload", "data-upload": entry.key });
    const seen = JSON.stringify([entry.stage, entry.done, entry.total, entry.error]);
    if (item.dataset.seen !== seen) fillUpload(item, entry, uploads);
    item.dataset.seen = seen;
    return item;
  }));
}

function fillUpload(item, entry, uploads) {
  const { stage, done, total, error } = entry;
  const over = stage === "done" || stage === "failed";
  const counted = COUNTED.includes(stage) && total > 0;
  const words = stage === "failed" ? `${say("stage_failed")}. ${error ?? ""}` : say(`stage_${stage}`);
  const name = `${entry.file_name}: ${say(`stage_${stage}`)}`;
  item.dataset.stage = stage;
  const bar = h("progress", { "aria-label": name, max: counted && total, value: counted && done });
  const close = h("button", { type: "button", class: "plain", "aria-label": `${say("dismiss")}: ${entry.file_name}`, onclick: () => uploads.dismiss(entry.key) }, icon("close"));
  item.replaceChildren(...[
    h("p", { class: "upload-name", dir: "auto" }, entry.file_name),
    h("p", { class: "upload-stage", role: over ? "status" : null }, words, counted ? h("span", { class: "upload-count" }, ` · ${say("stage_count", { done, total })}`) : null),
    stage !== "queued" && !over ? bar : "",
    over || stage === "queued" ? close : "",
  ].filter(Boolean));
}

function draw(body, books, view) {
  if (!books.length) return body.replaceChildren(h("p", { class: "quiet" }, say("books_none")));
  body.replaceChildren(h("ul", { class: "book-list" }, books.map((book) => h("li", { class: "book" },
    icon("books"),
    h("div", { class: "book-words" },
      h("a", { class: "book-title", dir: "auto", href: `/api/books/${encodeURIComponent(book.id)}/file`, target: "_blank", rel: "noopener", "aria-label": say("open_book", { title: book.title }) }, book.title),
      h("p", { class: "quiet" }, say("pages", { n: book.num_pages }), " · ", h("bdi", {}, book.file_name))),
    h("button", { type: "button", class: "soft red", "aria-label": say("remove_book_of", { title: book.title }), onclick: () => remove(book, view) }, say("remove"))))));
}

function remove({ id, title }, view) {
  confirmFirst(say("remove_book_title", { title }), say("remove_book_note"), say("remove_book_yes"), async () => {
    await ask("DELETE", `/api/books/${encodeURIComponent(id)}`);
    tellTeacher(say("remove_book_done", { title }));
    byId("scroller").focus({ preventScroll: true });
    view.again();
  });
}
