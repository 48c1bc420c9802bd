// Files on their way to the library. Sends one after the other and hears how far each is: from the stream that answers
// its request, and from `ingest` frames, which also tell of what others send.

import { request } from "./teach_api.js";
import { say } from "./teach_words.js";

const OVER = ["done", "failed"];
/** A PDF says so within its first bytes. */
const HEAD_BYTES = 1024;

/** What is under way in `entries`: `{ key, upload, file_name, stage, done, total, error }`, first come first. */
export class Uploads {
  entries = [];
  #onChange;
  #onDone;
  #sending = false;
  #lastKey = 0;

  constructor({ onChange, onDone }) {
    this.#onChange = onChange;
    this.#onDone = onDone;
  }

  /** Puts files in line. */
  add(files) {
    for (const file of files) this.#enter({ file, file_name: file.name, stage: "queued" });
    this.#next();
  }

  /** Takes an entry off the list that is over or has not begun. */
  dismiss(key) {
    this.entries = this.entries.filter((entry) => entry.key !== key);
    this.#onChange();
  }

  /** An `ingest` frame of the socket. */
  hear(frame) {
    const entry = this.entries.find(({ upload }) => upload === frame.upload);
    // Before the request is answered only the name tells which upload it is. Where the server keeps another name, the
    // two become one with the first event of the answer.
    const own = entry ?? this.entries.find(({ upload, stage, file_name }) => upload === null && stage === "sending" && file_name === frame.file_name);
    if (own) this.#follow(own, frame);
    else if (!OVER.includes(frame.stage)) this.#follow(this.#enter({ file: null, file_name: frame.file_name, stage: frame.stage }), frame);
  }

  #enter(entry) {
    this.#lastKey += 1;
    const whole = { key: `k${this.#lastKey}`, upload: null, done: 0, total: 0, error: null, ...entry };
    this.entries.push(whole);
    this.#onChange();
    return whole;
  }

  #follow(entry, { upload, stage, done, total, error }) {
    if (OVER.includes(entry.stage)) return;
    const twin = this.entries.find((one) => one !== entry && upload !== null && one.upload === upload);
    if (twin) this.entries = this.entries.filter((one) => one !== twin);
    Object.assign(entry, { upload, stage, done, total });
    if (stage === "failed") entry.error = error ? say("upload_failed", { error }) : say("upload_failed_plain");
    if (stage === "done") this.#onDone();
    this.#onChange();
  }

  #fail(entry, words) {
    if (OVER.includes(entry.stage)) return;
    Object.assign(entry, { stage: "failed", error: words });
    this.#onChange();
  }

  async #next() {
    if (this.#sending) return;
    const entry = this.entries.find(({ file, stage }) => file && stage === "queued");
    if (!entry) return;
    this.#sending = true;
    try {
      await this.#send(entry);
    } catch (error) {
      this.#fail(entry, wordsFor(error));
    }
    entry.file = null;
    this.#sending = false;
    this.#next();
  }

  async #send(entry) {
    const head = new TextDecoder("latin1").decode(await entry.file.slice(0, HEAD_BYTES).arrayBuffer());
    if (!head.includes("%PDF-")) return this.#fail(entry, say("upload_not_pdf"));
    entry.stage = "sending";
    this.#onChange();
    const form = new FormData();
    form.append("file", entry.file, entry.file.name);
    const answer = await request("POST", "/api/books", { body: form });
    try {
      for await (const event of events(answer.body)) this.#follow(entry, event);
    } catch {
      // Told below: the end of the book was not heard of.
    }
    this.#fail(entry, say("upload_broken"));
  }
}

/** What the server says, but for what has longer words here. */
function wordsFor({ code, message }) {
  return { not_pdf: say("upload_not_pdf"), too_large: say("upload_too_large") }[code] ?? message;
}

/** The events of a `text/event-stream`, as the JSON they carry. */
async function* events(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
      if (data) yield JSON.parse(data);
    }
    if (done) return;
  }
}
