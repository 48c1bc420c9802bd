// How questions and answers go over the wire and what a student sees of them. Pure: knows no DOM and no language.

/** What the page's buttons send; the tutor understands these words. Named as in `said_…` of the strings. */
export const SAID = {
  continue: "continue",
  simpler: "explain more simply",
  example: "give me an example",
  plan: "where are we",
  stop_lesson: "stop the lesson",
  review: "review",
  know: "what do I know",
  quiz_me: "quiz me",
  hint: "hint",
  dont_know: "I don't know",
  skip: "skip",
  stop_quiz: "stop the quiz",
};

/** Hints that a question has: reread, cue, partly filled, answer. */
export const MAX_HINTS = 4;

/** `A`, `B`, … for 0, 1, … */
export function letter(index) {
  return String.fromCharCode(65 + index);
}

/** The message for events in this order (numbers from 0): `2 1 3`. */
export function orderMessage(order) {
  return order.map((index) => index + 1).join(" ");
}

/** The message for the meaning of each term (numbers from 0): `1b 2a 3c`. */
export function matchMessage(meanings) {
  return meanings.map((meaning, term) => `${term + 1}${letter(meaning).toLowerCase()}`).join(" ");
}

/** Which option, order or pairs a message chooses as the page sends it: numbers from 0; null where it is something else. */
export function chosen(message, quiz) {
  const words = message?.trim() ?? "";
  const options = quiz?.options?.length ?? 0;
  if (quiz?.kind === "choice" && /^[a-z]$/i.test(words)) {
    const index = words.toUpperCase().charCodeAt(0) - 65;
    return index < options ? [index] : null;
  }
  if (quiz?.kind === "order" && /^\d+( \d+)+$/.test(words)) {
    const order = words.split(" ").map((number) => Number(number) - 1);
    const whole = order.length === options && new Set(order).size === options && order.every((index) => index >= 0 && index < options);
    return whole ? order : null;
  }
  if (quiz?.kind === "match" && /^(\d+[a-z])( \d+[a-z])*$/i.test(words)) {
    const pairs = words.split(" ").map((pair) => [parseInt(pair, 10) - 1, pair.toUpperCase().charCodeAt(pair.length - 1) - 65]);
    const whole = pairs.length === quiz.terms.length && pairs.every(([term, meaning], index) => term === index && meaning < options);
    return whole ? pairs.map(([, meaning]) => meaning) : null;
  }
  return null;
}

/** An answer as its student reads it: the options behind letters and numbers; null where the message says it itself. */
export function readable(message, quiz) {
  const choice = chosen(message, quiz);
  if (!choice) return null;
  switch (quiz.kind) {
    case "choice":
      return `${letter(choice[0])}: ${quiz.options[choice[0]]}`;
    case "order":
      return choice.map((index, place) => `${place + 1}. ${quiz.options[index]}`).join("\n");
    default:
      return choice.map((meaning, term) => `${quiz.terms[term]}: ${quiz.options[meaning]}`).join("\n");
  }
}

/**
 * The words of a reply without the question that a plain client reads below a line `---`. While a reply is written nobody
 * knows yet whether a question follows, so what stands below such a line waits.
 */
export function wordsOf({ text, quiz, state }) {
  if (!quiz && state === "done") return text;
  const lines = text.split("\n");
  const rule = lines.lastIndexOf("---");
  return rule < 0 ? text : lines.slice(0, rule).join("\n").trimEnd();
}

/** A prompt in pieces: words, and null for every gap that is to be filled. */
export function promptPieces(prompt) {
  const pieces = prompt.split(/_{3,}/).flatMap((words, index) => (index ? [null, words] : [words]));
  return pieces.filter((piece) => piece !== "");
}
