// The card of a question: its prompt and what it is answered with, live while it is the student's turn, quiet afterwards.
// What a card sends is an ordinary message; only the tutor knows what is right.

import { chosen, letter, matchMessage, MAX_HINTS, orderMessage, promptPieces, SAID } from "./answers.js";
import { h, icon } from "./dom.js";
import { t } from "./language.js";

const RESULTS = ["right", "partly", "unsure", "wrong", "shown"];

/** How the last answer was judged, in words and with a drawing; null where nothing was judged. */
export function resultMark(result) {
  if (!RESULTS.includes(result)) return null;
  return h("p", { class: "result", "data-result": result }, icon(result), t(`result_${result}`));
}

/** The card of a question that waits for its answer; `say(words)` answers it. */
export function liveCard(quiz, say) {
  const controls = { choice: choices, order, match }[quiz.kind] ?? writing;
  return card(quiz, "live", controls(quiz, say), helps(quiz, say));
}

/** The card of a question of the past, with what the student chose in `answer`, the next message. */
export function pastCard(quiz, answer) {
  const picked = quiz.kind === "choice" ? chosen(answer, quiz)?.[0] : undefined;
  const options = quiz.options ?? [];
  const lines = options.map((words, index) => h("li", { class: index === picked && "picked" },
    h("span", { class: "past-letter", "aria-hidden": "true" }, quiz.kind === "order" ? "·" : `${letter(index)}`),
    h("span", { dir: "auto" }, words),
    index === picked ? h("span", { class: "yours" }, t("quiz_yours")) : null));
  return card(quiz, "past", options.length ? h("ul", { class: "past-options" }, lines) : null);
}

/** The box's words while this question waits. */
export function boxWords(quiz) {
  if (["choice", "order", "match"].includes(quiz.kind)) return t("box_choice");
  return t(quiz.kind === "cloze" ? "box_cloze" : "box_short");
}

function card(quiz, state, ...parts) {
  const counted = quiz.purpose !== "check" || quiz.total > 1;
  const title = counted ? t("quiz_number", quiz) : t("quiz_check");
  return h("section", { class: "card", "data-state": state, "data-kind": quiz.kind, "aria-label": title },
    h("div", { class: "card-head" },
      h("span", { class: "card-title" }, title),
      state === "live" && counted && quiz.number > 1 ? h("span", {}, t("quiz_right", { n: quiz.num_right ?? 0 })) : null),
    h("p", { class: "prompt", dir: "auto" }, promptPieces(quiz.prompt ?? "").map((piece) => piece ?? gap())),
    ...parts);
}

function gap() {
  return h("span", { class: "gap" }, h("span", { class: "unseen" }, t("quiz_gap")));
}

function line(words) {
  return h("p", { class: "card-line" }, words);
}

function writing() {
  return line(t("quiz_write"));
}

// ---- one of several

function choices(quiz, say) {
  return [
    line(t("quiz_pick")),
    h("ul", { class: "options" }, quiz.options.map((words, index) =>
      h("li", {}, option(letter(index), words, { onclick: () => say(letter(index)) })))),
  ];
}

function option(mark, words, attributes) {
  return h("button", { type: "button", class: "option", ...attributes },
    h("span", { class: "option-mark" }, mark),
    h("span", { class: "option-words", dir: "auto" }, words));
}

// ---- events in order: each tap gives the next number, a second one takes it back

function order(quiz, say) {
  const taken = [];
  const toggle = (index) => {
    const at = taken.indexOf(index);
    if (at < 0) taken.push(index);
    else taken.splice(at, 1);
    show();
  };
  const buttons = quiz.options.map((words, index) => option("", words, { onclick: () => toggle(index) }));
  const undo = h("button", { type: "button", class: "soft", onclick: () => (taken.pop(), show()) }, t("quiz_undo"));
  const send = h("button", { type: "button", class: "solid", onclick: () => say(orderMessage(taken)) }, t("quiz_send"));
  const show = () => {
    buttons.forEach((button, index) => {
      const place = taken.indexOf(index) + 1;
      button.setAttribute("aria-pressed", place > 0);
      button.querySelector(".option-mark").textContent = place || "";
    });
    undo.disabled = !taken.length;
    send.disabled = taken.length < buttons.length;
  };
  show();
  return [line(t("quiz_order")), h("ul", { class: "options" }, buttons.map((button) => h("li", {}, button))), h("div", { class: "card-send" }, undo, send)];
}

// ---- terms and their meanings: a term is chosen, a tap on a meaning joins the two, and the next term is chosen

function match(quiz, say) {
  const joined = quiz.terms.map(() => null);
  let now = 0;
  const ask = line("");
  ask.setAttribute("aria-live", "polite");
  const terms = quiz.terms.map((words, index) => option("", words, { onclick: () => ((now = index), show()) }));
  const join = (meaning) => {
    const before = joined.indexOf(meaning);
    if (before >= 0) joined[before] = null;
    if (before !== now) joined[now] = meaning;
    const free = joined.indexOf(null);
    if (joined[now] !== null && free >= 0) now = free;
    show();
  };
  const meanings = quiz.options.map((words, index) => option(letter(index), words, { onclick: () => join(index) }));
  const send = h("button", { type: "button", class: "solid", onclick: () => say(matchMessage(joined)) }, t("quiz_send"));
  const show = () => {
    const whole = !joined.includes(null);
    ask.textContent = whole ? t("quiz_matched") : t("quiz_match", { term: quiz.terms[now] });
    terms.forEach((button, index) => {
      button.setAttribute("aria-current", !whole && index === now);
      button.dataset.joined = joined[index] !== null;
      button.querySelector(".option-mark").textContent = joined[index] === null ? "" : letter(joined[index]);
    });
    meanings.forEach((button, index) => button.setAttribute("aria-pressed", joined.includes(index)));
    send.disabled = !whole;
  };
  show();
  const list = (name, kind, buttons) => h("ul", { class: `options ${kind}`, "aria-label": t(name) }, buttons.map((button) => h("li", {}, button)));
  return [list("quiz_terms", "terms", terms), ask, list("quiz_meanings", "meanings", meanings), h("div", { class: "card-send" }, send)];
}

// ---- help

function helps(quiz, say) {
  const button = (words, message, look = "soft") => h("button", { type: "button", class: look, onclick: () => say(message) }, words);
  const hints = quiz.hints ?? 0;
  return h("div", { class: "helps", role: "group", "aria-label": t("quiz_help") },
    hints < MAX_HINTS ? button(t("hint", { n: hints + 1, total: MAX_HINTS }), SAID.hint) : null,
    button(t("dont_know"), SAID.dont_know),
    button(t("skip"), SAID.skip),
    quiz.purpose === "check" ? null : button(t("stop_quiz"), SAID.stop_quiz, "plain quit"));
}
