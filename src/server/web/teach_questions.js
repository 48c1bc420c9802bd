// What students asked, the same questions counted together, and which of them the books could not answer.

import { h, icon } from "./dom.js";
import { ownLink } from "./sheet.js";
import { ask } from "./teach_api.js";
import { fetched } from "./teach_fetched.js";
import { filters, refill } from "./teach_parts.js";
import { ago, say } from "./teach_words.js";

const OUTCOMES = ["not_in_books", "near", "answered"];
const MAX_NAMES = 4;

export function questionsView(place) {
  const bar = h("div", {});
  const body = h("div", { class: "view-body" });
  place.append(h("div", { class: "view-head" }, h("h2", {}, say("questions_title")), h("p", { class: "quiet" }, say("questions_note"))), bar, body);
  let groups = [];
  let only = "all";

  function draw() {
    const count = (wanted) => groups.filter(({ outcome }) => outcome === wanted).length;
    refill(bar, filters(say("filter"), [
      { value: "all", label: say("filter_all"), count: groups.length },
      ...OUTCOMES.map((outcome) => ({ value: outcome, label: say(`filter_${outcome}`), sign: outcome, count: count(outcome) })),
    ], only, (value) => ((only = value), draw())));
    const shown = groups.filter(({ outcome }) => only === "all" || outcome === only);
    if (!shown.length) return body.replaceChildren(h("p", { class: "quiet" }, say(groups.length ? "questions_none_kind" : "questions_none")));
    body.replaceChildren(h("ol", { class: "asked" }, shown.map(question)));
  }
  return fetched(body, () => ask("GET", "/api/class/questions"), (data) => {
    groups = [...data.groups].sort((one, other) => other.count - one.count);
    draw();
  });
}

function question({ question: words, count, outcome, students, last, pages }) {
  return h("li", { class: "asked-one", "data-outcome": outcome },
    h("p", { class: "asked-count" }, h("span", { "aria-hidden": "true" }, `${count}×`), h("span", { class: "unseen" }, say("asked", { n: count }))),
    h("div", {},
      h("p", { class: "asked-words", dir: "auto" }, words),
      h("p", { class: "asked-about" },
        h("span", { class: "outcome", "data-outcome": outcome }, icon(outcome), say(`outcome_${outcome}`)),
        h("span", { class: "quiet" }, askedBy(students)),
        last ? h("span", { class: "quiet" }, say("asked_last", { when: ago(last) })) : null),
      pages.length ? h("ul", { class: "row" }, pages.map(pageLink)) : null));
}

/** The names, each kept apart from the direction of the others. */
function askedBy(students) {
  const isolate = (name) => `\u2068${name}\u2069`;
  const names = students.slice(0, MAX_NAMES).map(isolate).join(", ");
  const rest = students.length - MAX_NAMES;
  return say("asked_by", { names: rest > 0 ? say("and_more", { names, n: rest }) : names });
}

function pageLink({ title, page_label, url }) {
  const link = ownLink(url);
  const words = [h("bdi", { class: "chip-book" }, title), h("span", { class: "chip-page" }, `, ${say("page", { page: page_label })}`)];
  return h("li", {}, link ? h("a", { class: "chip", href: link, target: "_blank", rel: "noopener" }, words) : h("span", { class: "chip" }, words));
}
