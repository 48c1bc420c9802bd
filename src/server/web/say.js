// The sentences that the page says by itself, and how numbers and places are put into words.

import { SAID } from "./answers.js";
import { language, t } from "./language.js";

/** What is happening to a turn, for the line above the text box; empty when it rests. */
export function turnStatus(turn, online, paused = false) {
  // A strip of its own says that the class is paused.
  if (!turn || (paused && turn.state === "held")) return "";
  if (!online || turn.state === "held") return t("waiting_connection");
  if (turn.stopping) return t("stopping");
  if (turn.state === "queued") return turn.position > 1 ? t("waiting_line", { n: turn.position }) : t("waiting_next");
  return ["sent", "searching", "writing", "checking", "retrying"].includes(turn.state) ? t(turn.state) : "";
}

/** The connection, in words a child knows. */
export function connectionStatus(state) {
  return t({ open: "connected", refused: "lost" }[state] ?? state);
}

const ERRORS = ["overloaded", "rate_limited", "too_long", "empty", "internal", "unauthorized", "forbidden", "paused"];

/** What to say when the server answers with an error. */
export function friendlyError(code, error) {
  if (ERRORS.includes(code)) return t(code);
  // The server explains itself in English.
  return error && language() === "en" ? sentence(error) : t("failed");
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** `p. 12`, or `p. iv` where the book prints `iv`. */
export function pageLabel(citation) {
  return t("page", { page: citation.page_label || citation.page });
}

/** A book's title, short enough for a chip. */
export function shortTitle(title) {
  const main = title.split(/[:(–—]/)[0].trim() || title;
  return main.length > 34 ? `${main.slice(0, 32).trimEnd()}…` : main;
}

/** The topic that words ask to be taught about, or null. */
export function topicOf(words) {
  return /^teach me about (\S.{0,79})$/i.exec(words.trim())?.[1] ?? null;
}

/** A message of the student as the student reads it: what a button sent in English is shown in the page's language. */
export function shownMessage(message) {
  if (language() === "en") return message;
  const name = Object.keys(SAID).find((key) => SAID[key] === message);
  const topic = topicOf(message);
  if (name) return t(`said_${name}`);
  return topic ? t("teach_about", { topic }) : message;
}

/** `1 page`, `12 pages`. */
export function pages(count) {
  return t("pages", { n: count });
}
