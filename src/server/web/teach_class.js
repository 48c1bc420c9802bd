// The live class: a tile for every student, who needs the teacher first. Tiles are kept and changed in place, so that the
// focus and the finger stay where they are.

import { h, icon } from "./dom.js";
import { showPoster } from "./teach_code.js";
import { filters, refill } from "./teach_parts.js";
import { byName, nameOf, say, seenWords } from "./teach_words.js";

/** The order of importance; `writing` and `idle` change all the time and so stand together. */
const RANK = { stuck: 0, waiting: 1, writing: 2, idle: 2, away: 3 };
const STATES = ["stuck", "waiting", "writing", "idle", "away"];
/** While the pointer moves over the tiles they keep their places: nobody should click on the wrong one. */
const HOLD_MS = 1500;

/** The view in `place`; `update()` after each `class` frame. */
export function classView(place, room) {
  const tiles = new Map();
  const list = h("ul", { class: "tiles" });
  const counts = h("div", { class: "counts" });
  const empty = h("div", { class: "empty" });
  let only = "all";
  let lastMove = 0;
  let resort = 0;
  list.addEventListener("pointermove", () => (lastMove = Date.now()));
  place.append(h("h2", { class: "unseen" }, say("view_class")), counts, list, empty);

  function update() {
    const students = room.class?.students ?? [];
    refill(counts, filters(say("show"), options(students), only, (value) => ((only = only === value ? "all" : value), update())));
    const shown = sorted(students.filter(({ state }) => only === "all" || state === only));
    for (const [id, tile] of tiles) {
      if (!students.some(({ client_id }) => client_id === id)) (tile.element.remove(), tiles.delete(id));
    }
    for (const student of students) fill(student);
    arrange(shown);
    showEmpty(students, shown);
  }

  function fill(student) {
    let tile = tiles.get(student.client_id);
    if (!tile) tiles.set(student.client_id, (tile = newTile(student, room)));
    const seen = JSON.stringify([student, student.connected || seenWords(student.last_seen)]);
    if (tile.seen !== seen) fillTile(tile, student);
    tile.seen = seen;
  }

  function arrange(shown) {
    const wanted = shown.map(({ client_id }) => tiles.get(client_id).element);
    for (const { element } of tiles.values()) {
      const stays = wanted.includes(element);
      if (!stays && element.isConnected) element.remove();
      if (stays && !element.isConnected) list.append(element);
    }
    clearTimeout(resort);
    const hold = lastMove + HOLD_MS - Date.now();
    if (hold > 0) return void (resort = setTimeout(update, hold + 50));
    if (wanted.every((element, index) => list.children[index] === element)) return;
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    list.replaceChildren(...wanted);
    focused?.focus({ preventScroll: true });
  }

  function showEmpty(students, shown) {
    empty.hidden = shown.length > 0 || !room.class;
    if (empty.hidden) return;
    if (students.length) return empty.replaceChildren(h("p", { class: "quiet" }, say("none_in_state")));
    empty.replaceChildren(
      h("p", { class: "empty-title" }, say("class_empty")),
      h("p", { class: "quiet" }, say("class_empty_note")),
      room.class.code ? h("button", { type: "button", class: "solid", onclick: () => showPoster(room) }, say("code")) : "");
  }

  return { update, show: update };
}

function options(students) {
  const count = (wanted) => students.filter(({ state }) => state === wanted).length;
  return [
    { value: "all", label: say("state_all"), count: students.length },
    ...STATES.map((state) => ({ value: state, label: say(`state_${state}`), sign: state, count: count(state) })),
  ];
}

function sorted(students) {
  return [...students].sort((one, other) =>
    RANK[one.state] - RANK[other.state]
    || (one.queue_position ?? Infinity) - (other.queue_position ?? Infinity) || byName(one, other));
}

function newTile({ client_id }, room) {
  const name = h("span", { class: "tile-name", dir: "auto" });
  const rest = h("span", { class: "tile-rest" });
  const button = h("button", { type: "button", class: "tile", "aria-haspopup": "dialog", onclick: () => room.openStudent(client_id) }, name, rest);
  return { element: h("li", {}, button), button, name, rest, seen: "" };
}

function fillTile({ button, name, rest }, student) {
  button.dataset.state = student.state;
  name.textContent = nameOf(student);
  const { title, place, lacking } = whereIs(student);
  rest.replaceChildren(...[
    stateBadge(student),
    student.state === "stuck" && student.stuck ? h("span", { class: "tile-why", dir: "auto" }, student.stuck) : "",
    student.connected ? h("span", { class: "tile-lesson", dir: "auto" }, title) : h("span", { class: "tile-lesson" }, seenWords(student.last_seen)),
    student.connected && (place || lacking)
      ? h("span", { class: "tile-place" }, h("span", { class: "tile-step", dir: "auto" }, place), lacking ? h("span", { class: "tile-lacking" }, lacking) : null)
      : "",
  ].filter(Boolean));
}

/** The state as a drawing and in words. */
export function stateBadge({ state, queue_position: n }) {
  const waiting = n > 1 ? say("place", { n }) : say("place_next");
  return h("span", { class: "state", "data-state": state }, icon(state), h("span", {}, state === "waiting" && n ? waiting : say(`state_${state}`)));
}

/** Where a student is: the section or topic, the step of the lesson, and how much the books could not answer. */
export function whereIs({ lesson, section, topic, mode, num_not_in_books: missing }) {
  const title = section || lesson?.title || topic || (mode === "quiz" || mode === "review" ? say(mode) : say("no_lesson"));
  const part = lesson ? say("step", lesson) : null;
  const about = section && lesson && lesson.title !== section ? lesson.title : null;
  const lacking = missing ? say("not_in_books", { n: missing }) : null;
  return { title, place: [part, about].filter(Boolean).join(" · "), lacking };
}
