// Every sentence the page says by itself, and how numbers and places are put into words.

/** `1st`, `2nd`, `3rd`, `11th`. */
export function ordinal(number) {
  const ten = number % 100;
  const ending = ten >= 11 && ten <= 13 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
  return `${number}${ending}`;
}

/** What is happening to a turn, for the line above the text box; empty when it rests. */
export function turnStatus(turn, online) {
  if (!turn) return "";
  if (!online || turn.state === "held") return "Waiting for the connection";
  if (turn.stopping) return "Stopping";
  switch (turn.state) {
    case "sent":
      return "Sent";
    case "queued":
      return turn.position > 1 ? `Waiting: ${ordinal(turn.position)} in line` : "Waiting: you are next";
    case "searching":
      return "Searching the books";
    case "writing":
      return "Writing";
    case "checking":
      return "Looking for the rest of the reply";
    case "retrying":
      return "Many students are asking. Trying again soon";
    default:
      return "";
  }
}

/** The connection, in words a child knows. */
export function connectionStatus(state) {
  return { connecting: "Connecting", open: "Connected", lost: "No connection", elsewhere: "Open in another tab" }[state];
}

/** What to say when the server answers with an error. */
export function friendlyError(code, error) {
  const known = {
    overloaded: "Many students are asking right now. Please try again in a moment.",
    rate_limited: "That was a bit fast. Please wait a moment, then try again.",
    too_long: "That message is too long. Please make it shorter.",
    empty: "There was nothing in that message. Please write a few words.",
    internal: "Something went wrong with this reply. Please try again.",
    unauthorized: "You are not signed in to this class. Please ask your teacher for the link.",
    forbidden: "This class does not allow that. Please ask your teacher.",
  };
  return known[code] ?? (error ? sentence(error) : "Something went wrong. Please try again.");
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** `p. 12`, or `p. iv` where the book prints `iv`. */
export function pageLabel(citation) {
  return `p. ${citation.page_label || citation.page}`;
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

/** `1 page`, `12 pages`. */
export function pages(count) {
  return `${count} ${count === 1 ? "page" : "pages"}`;
}
