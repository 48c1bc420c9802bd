// The place in a book that a reply stands on: the page as it is printed with the quote marked, or its words.

import { h } from "./dom.js";
import { t } from "./language.js";
import { Leaf } from "./leaf.js";
import { quoteParts } from "./quote.js";
import { pageLabel } from "./say.js";
import { openSheet, ownLink } from "./sheet.js";

const KEY = "lectern-citation-view";

/** Shows a citation, in the view that was chosen last. */
export function openCitation(citation) {
  const link = ownLink(citation.url);
  const words = wordsView(citation, link);
  const content = h("div", { class: "citation-view" });
  let leaf = null;
  const show = (view) => {
    leaf?.close();
    leaf = view === "page" ? new Leaf({
      file: link.split("#")[0], title: pageLabel(citation), page: citation.page, parts: () => partsOf(citation),
      failed: () => (show("words"), content.prepend(h("p", { class: "quiet", role: "status" }, t("leaf_failed")))),
    }) : null;
    content.replaceChildren(leaf?.element ?? words);
    sheet.dataset.kind = `citation-${view}`;
    for (const button of tabs) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  };
  const choose = (view) => (keep(view), show(view));
  const tabs = ["page", "words"].map((view) =>
    h("button", { type: "button", class: "soft", "data-view": view, onclick: () => choose(view) }, t(`view_${view}`)));
  const sheet = openSheet(citation.title || citation.book, h("div", { class: "citation-head" },
    h("div", { class: "switch", role: "group", "aria-label": t("view") }, link ? tabs : null),
    h("p", { class: "cited-page" }, pageLabel(citation))), content);
  sheet.addEventListener("close", () => leaf?.close(), { once: true });
  show(link ? kept() : "words");
}

/** The quote as words, where it is from, and the whole page as words to read on. */
function wordsView(citation, link) {
  const counted = citation.page_label && String(citation.page_label) !== String(citation.page);
  return h("div", { class: "cited-words" },
    h("figure", { class: "cited" },
      h("blockquote", { dir: "auto" }, h("p", {}, citation.quote)),
      h("figcaption", {},
        counted ? h("span", {}, t("page_of_file", citation)) : null,
        h("span", { class: "cited-file", dir: "auto" }, citation.book))),
    link ? pageWords(citation) : null,
    link
      ? h("a", { class: "solid", href: link, target: "_blank", rel: "noopener" }, t("open_page"))
      : h("p", { class: "quiet" }, t("closed_book")));
}

/** The words of the whole page, fetched when they are asked for. */
function pageWords(citation) {
  const text = h("div", { class: "page-words", dir: "auto" });
  const details = h("details", {}, h("summary", {}, t("page_words")), text);
  details.addEventListener("toggle", async () => {
    if (!details.open || text.hasChildNodes()) return;
    const page = await pageText(citation);
    text.replaceChildren(...(page === null ? [t("page_words_none")] : marked(page, citation.spans ?? [])));
  });
  return details;
}

/** A text in pieces, what lies in a span marked. Spans count characters. */
function marked(text, spans) {
  const characters = [...text];
  const pieces = [];
  let at = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    pieces.push(characters.slice(at, start).join(""), h("mark", {}, characters.slice(Math.max(at, start), end).join("")));
    at = Math.max(at, end);
  }
  return [...pieces, characters.slice(at).join("")];
}

async function partsOf(citation) {
  return quoteParts(citation.quote, citation.spans?.length ? await pageText(citation) : null, citation.spans);
}

/** The text of the cited page, or null. */
async function pageText({ url, page }) {
  const book = /^\/api\/books\/([^/]+)\/file/.exec(ownLink(url) ?? "")?.[1];
  if (!book) return null;
  try {
    const answer = await fetch(`/api/books/${book}/pages/${page}`);
    return answer.ok ? (await answer.json()).text : null;
  } catch {
    return null;
  }
}

function kept() {
  try {
    return localStorage.getItem(KEY) === "words" ? "words" : "page";
  } catch {
    return "page";
  }
}

function keep(view) {
  try {
    localStorage.setItem(KEY, view);
  } catch {
    // Storage is not allowed here: the choice lasts until the sheet is closed.
  }
}
