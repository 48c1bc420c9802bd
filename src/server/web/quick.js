// The row of buttons above the text box: what a student may say next without typing.

import { SAID } from "./answers.js";
import { byId, h } from "./dom.js";
import { language, t } from "./language.js";

/**
 * Shows the buttons that fit: those of a lesson, those of a quiet moment, or none. `actions` are `say(words)`,
 * `ask()` and `choose()`.
 */
export function paintQuick(conversation, online, actions) {
  const row = byId("quick");
  const kind = kindOf(conversation);
  row.hidden = !online || Boolean(conversation.current) || kind === "none";
  const state = `${kind} ${language()}`;
  if (row.dataset.state === state) return;
  row.dataset.state = state;
  row.replaceChildren(...BUTTONS[kind].map(([words, what, look]) => {
    const action = SAID[what] ? () => actions.say(SAID[what]) : actions[what];
    return h("button", { type: "button", class: look ?? "soft", onclick: action }, t(words));
  }));
}

const BUTTONS = {
  none: [],
  lesson: [["continue", "continue", "solid"], ["simpler", "simpler"], ["example", "example"], ["question", "ask"]],
  fresh: [["choose_topic", "choose"]],
  learned: [["choose_topic", "choose"], ["review", "review"], ["quiz_me", "quiz_me"], ["know", "know"]],
};

function kindOf({ turns, lesson, asked }) {
  // The card of a quiz has its own buttons.
  if (!turns.length || (asked && asked.quiz.purpose !== "check")) return "none";
  if (lesson) return "lesson";
  return turns.some((turn) => turn.lesson || turn.quiz || turn.progress) ? "learned" : "fresh";
}
