// The requests of the teacher's page, and what to say when one fails.

import { say } from "./teach_words.js";

/** A request that did not work; `message` is fit to be shown. */
export class Trouble extends Error {
  constructor(message, { status = 0, code = null } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Asks the server; the answer is JSON, or null where it has no body. Throws `Trouble`. */
export async function ask(method, path, body) {
  const answer = await request(method, path, body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
}

/** Asks the server; the answer as it comes. Throws `Trouble` where its status is none of success. */
export async function request(method, path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { method, cache: "no-store", credentials: "same-origin", ...options });
  } catch {
    throw new Trouble(say("error_network"));
  }
  if (answer.ok) return answer;
  const { code = null, message = "" } = (await answer.json().catch(() => null))?.error ?? {};
  throw new Trouble(wordsFor(answer, message), { status: answer.status, code });
}

function wordsFor(answer, message) {
  if (answer.status === 429) return say("error_rate", { n: Math.max(1, Number(answer.headers.get("retry-after")) || 1) });
  if (answer.status === 401 || answer.status === 403) return say("error_forbidden");
  if (answer.status === 404) return say("error_not_found");
  return message ? say("error_other", { error: message }) : say("error_plain");
}

/** The path of something of a student. */
export function studentPath(client_id, what = "") {
  return `/api/class/students/${encodeURIComponent(client_id)}${what}`;
}

/** The path of a student's conversation or progress as a file. */
export function filePath(client_id, what, format) {
  return `/api/sessions/${encodeURIComponent(client_id)}/${what}?format=${format}`;
}
