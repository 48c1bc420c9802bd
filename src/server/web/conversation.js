// The conversation as the student sees it: pure state, moved by what the student does and by the frames of the server.
// Knows no DOM and no socket. Invariants: a turn is never shown twice and never lost, whatever the connection does;
// the server's history is the truth, and only turns that it does not know are sent again.

/** How many messages of the history are asked for at once. */
export const HISTORY_LIMIT = 60;
/** How long to wait for the rest of a reply that may not be running any more. */
export const CHECK_MS = 6000;

const OPEN = new Set(["held", "sent", "queued", "searching", "writing", "checking", "retrying"]);

let lastKey = 0;

function newTurn(question) {
  lastKey += 1;
  return {
    key: `turn-${lastKey}`, id: null, replyId: null, question, state: "held", epoch: 0, position: null,
    pieces: new Map(), text: "", citations: [], lesson: null, quiz: null, progress: null, mode: null, topic: null, grounded: true, finish: null,
    error: null, retried: false, stopping: false, partial: false, byTeacher: false,
  };
}

/** Whether a turn still waits for (the rest of) its reply. */
export function isOpen(turn) {
  return OPEN.has(turn.state);
}

export class Conversation {
  /**
   * `transmit(frame)` sends, and says whether it could; `changed()` is called after every change; `finished(turn)` when a reply that the student
   * waited for is whole; `noticed(code, text)` for an error that belongs to no turn; `returned(words)` for words that
   * were not taken because the class is paused.
   */
  constructor({ transmit, changed, finished = () => {}, noticed = () => {}, returned = () => {}, later = (action, wait) => setTimeout(action, wait) }) {
    Object.assign(this, { transmit, changed, finished, noticed, returned, later });
    this.turns = [];
    this.greeting = "";
    this.mode = "idle";
    this.topic = null;
    this.lesson = null;
    this.more = false;
    this.ready = false;
    this.resetting = false;
    this.paused = false;
    this.epoch = 0;
  }

  /** The turn the student waits for: the first that is open. */
  get current() {
    return this.turns.find(isOpen) ?? null;
  }

  /** The turn whose question waits for the student's answer, or null. */
  get asked() {
    if (this.current || this.mode === "idle") return null;
    const last = this.turns.findLast(({ state }) => state === "done");
    return last?.quiz ? last : null;
  }

  /** Asks or says something. Held back until the connection and the history are there. */
  say(text) {
    const turn = newTurn(text);
    this.turns.push(turn);
    this.#sendHeld();
    this.changed();
    return turn;
  }

  /** Asks again what got no reply; the old turn makes room for the new one. */
  again(turn) {
    this.turns = this.turns.filter((other) => other !== turn);
    return this.say(turn.question);
  }

  /** Ends the running reply. */
  stop() {
    const turn = this.current;
    if (!turn) return;
    if (turn.state === "held" || turn.state === "retrying") this.#fail(turn, "stopped", "Not sent.");
    else {
      turn.stopping = true;
      this.transmit({ type: "stop" });
    }
    this.changed();
  }

  /** Begins a new conversation. */
  reset() {
    this.turns = [];
    this.lesson = null;
    this.ready = false;
    this.resetting = !this.transmit({ type: "reset" });
    this.changed();
  }

  /** Asks for the messages before the first one shown. */
  earlier() {
    // A first turn without its question was cut by the limit: it is asked for again, whole.
    const [head, second] = this.turns;
    const first = head?.question === null && second?.id ? second : this.turns.find((turn) => turn.id);
    if (first && this.ready) this.transmit({ type: "history", before: first.id, limit: HISTORY_LIMIT });
  }

  /** The connection is gone: nothing is sent until the next welcome. */
  disconnected() {
    this.ready = false;
    this.changed();
  }

  /** A frame of the server. */
  receive(frame) {
    const handler = { welcome: "onWelcome", history: "onHistory", status: "onStatus", citations: "onCitations", delta: "onDelta", response: "onResponse", error: "onError", started: "onStarted", paused: "onPaused" }[frame.type];
    if (!handler) return;
    this[handler](frame);
    this.changed();
  }

  onWelcome(frame) {
    this.epoch += 1;
    this.ready = false;
    // Where it is still so, the next frame says it again.
    this.paused = false;
    this.greeting = frame.response ?? "";
    this.#place(frame);
    if (this.resetting) {
      // Asked for while there was no connection: the next welcome is the fresh session's.
      this.resetting = false;
      this.transmit({ type: "reset" });
      return;
    }
    this.transmit({ type: "history", limit: HISTORY_LIMIT });
    const { epoch } = this;
    this.later(() => this.epoch === epoch && !this.ready && (this.#settle(), this.changed()), CHECK_MS);
  }

  onHistory({ messages = [] }) {
    const stored = turnsOf(messages);
    if (this.ready) {
      this.#prepend(stored);
      this.more = messages.length >= HISTORY_LIMIT;
      return;
    }
    this.more = messages.length >= HISTORY_LIMIT;
    this.#merge(stored);
    const last = this.turns.findLast((turn) => turn.mode !== null);
    this.lesson = last && this.mode !== "idle" ? last.lesson : null;
    this.#settle();
  }

  onStatus({ message_id: id, state, queue_position: position }) {
    const turn = this.#turn(id);
    if (turn.state === "done") return;
    turn.state = state;
    turn.position = position ?? null;
  }

  onCitations({ message_id: id, citations }) {
    const turn = this.#turn(id);
    if (turn.state !== "done") turn.citations = citations ?? [];
  }

  onDelta({ message_id: id, seq, delta }) {
    const turn = this.#turn(id);
    if (turn.state === "done") return;
    turn.state = "writing";
    turn.pieces.set(seq, delta);
    turn.text = joined(turn.pieces);
  }

  onResponse(frame) {
    const turn = this.#turn(frame.message_id);
    const waited = turn.state !== "done";
    take(turn, frame);
    this.#place(frame);
    this.lesson = frame.lesson ?? null;
    if (waited) this.finished(turn);
    // What waited behind it begins now, and is followed word by word only when asked for.
    if (this.ready && this.turns.some(({ state }) => state === "checking")) this.transmit({ type: "resume" });
  }

  /** The teacher has said something in the student's place: a turn like any other from here on. */
  onStarted({ message_id: id, content }) {
    if (this.turns.some((turn) => id && (turn.id === id || turn.replyId === id))) return;
    this.turns.push(Object.assign(newTurn(content ?? null), { replyId: id ?? null, state: "queued", byTeacher: true, epoch: this.epoch }));
  }

  onPaused({ paused }) {
    this.paused = Boolean(paused);
    this.#sendHeld();
  }

  onError({ code, error, message_id: id, retry_after_ms: wait }) {
    // The answer to `resume` when nothing runs any more.
    if (code === "not_found" && this.turns.some(({ state }) => state === "checking")) {
      return this.#giveUp();
    }
    const byId = id ? this.turns.find((turn) => turn.id === id || turn.replyId === id) : null;
    const turn = byId ?? this.turns.findLast((other) => other.state === "sent") ?? this.current;
    if (!turn || ["bad_json", "bad_type", "not_found"].includes(code)) return this.noticed(code, error);
    if (code === "paused") {
      this.paused = true;
      this.turns = this.turns.filter((other) => other !== turn);
      this.returned(turn.question ?? "");
    } else if (["overloaded", "rate_limited"].includes(code) && !turn.retried) {
      turn.retried = true;
      turn.state = "retrying";
      this.later(() => this.#retry(turn), Math.min(wait ?? 2000, 30000));
    } else this.#fail(turn, code, error);
  }

  #retry(turn) {
    if (turn.state !== "retrying") return;
    // The server will give the message a new name.
    Object.assign(turn, { state: "held", replyId: null, text: "", citations: [], pieces: new Map() });
    this.#sendHeld();
    this.changed();
  }

  #fail(turn, code, error) {
    turn.state = "failed";
    turn.stopping = false;
    turn.error = { code, error };
  }

  #place({ mode, current_topic: topic }) {
    this.mode = mode ?? "idle";
    this.topic = topic ?? null;
  }

  /** The turn a frame belongs to: by id, else the first open one that no frame has named yet, else a new one. */
  #turn(id) {
    let turn = this.turns.find((other) => id && (other.replyId === id || other.id === id));
    turn ??= this.turns.find((other) => isOpen(other) && other.replyId === null && other.state !== "held");
    if (!turn) {
      turn = newTurn(null);
      turn.state = "sent";
      // It may have begun before this page did.
      turn.partial = true;
      this.turns.push(turn);
    }
    if (id && turn.replyId === null) turn.replyId = id;
    return turn;
  }

  /** Puts older turns before those shown; a turn whose question the limit had cut off is now whole. */
  #prepend(stored) {
    const [head] = this.turns;
    if (head?.question === null && stored.some((turn) => sharesId(turn, head))) this.turns.shift();
    const known = new Set(this.turns.map((turn) => turn.id));
    const older = stored.filter((turn) => !known.has(turn.id));
    older.filter((turn) => turn.state === "checking").forEach((turn) => this.#fail(turn, "unanswered", null));
    this.turns.unshift(...older);
  }

  /** Takes the server's turns for true; keeps what only this page knows about those that are not finished. */
  #merge(stored) {
    const known = new Set(this.turns.flatMap((turn) => [turn.id, turn.replyId]).filter(Boolean));
    const claimed = new Set();
    const unsent = [];
    for (const mine of this.turns) {
      const same = stored.find((turn) => !claimed.has(turn) && sharesId(turn, mine))
        ?? (mine.replyId === null && mine.id === null && isOpen(mine) && mine.epoch > 0
          ? stored.find((turn) => !claimed.has(turn) && !known.has(turn.id) && turn.question === mine.question)
          : null);
      if (same) {
        claimed.add(same);
        const waited = isOpen(mine);
        same.key = mine.key;
        same.replyId = mine.replyId ?? same.replyId;
        same.byTeacher ||= mine.byTeacher;
        if (same.state === "done") waited && this.finished(same);
        else {
          const { pieces, text, citations, partial } = mine;
          Object.assign(same, { pieces, text, citations, partial, epoch: this.epoch });
        }
      } else if (isOpen(mine) && mine.replyId === null && mine.question !== null) {
        mine.state = mine.state === "retrying" ? "retrying" : "held";
        unsent.push(mine);
      } else if (mine.state === "failed") unsent.push(mine);
    }
    this.turns = [...stored, ...unsent];
  }

  /** The history is known: what the server never got goes out, what it may still be writing is asked for. */
  #settle() {
    this.ready = true;
    const checking = this.turns.filter((turn) => turn.state === "checking");
    if (checking.length) {
      const last = checking[0].partial ? null : lastSeq(checking[0].pieces);
      this.transmit(last === null ? { type: "resume" } : { type: "resume", after_seq: last });
      this.#giveUpLater(this.epoch);
    }
    this.#sendHeld();
  }

  /** Turns that wait behind one that is being answered have every reason to be silent. */
  #giveUpLater(epoch) {
    this.later(() => {
      if (this.epoch !== epoch) return;
      if (this.turns.some(({ state }) => ["queued", "searching", "writing"].includes(state))) this.#giveUpLater(epoch);
      else this.#giveUp();
    }, CHECK_MS);
  }

  #giveUp() {
    const silent = this.turns.filter((turn) => turn.state === "checking");
    silent.forEach((turn) => this.#fail(turn, "unanswered", null));
    if (silent.length) this.changed();
  }

  #sendHeld() {
    if (!this.ready || this.paused) return;
    for (const turn of this.turns.filter((other) => other.state === "held")) {
      turn.state = "sent";
      turn.epoch = this.epoch;
      this.transmit({ type: "message", content: turn.question, stream: true });
    }
  }
}

function sharesId(a, b) {
  return [a.id, a.replyId].some((id) => id && (id === b.id || id === b.replyId));
}

/** Takes the fields of a finished reply. */
function take(turn, frame) {
  turn.text = frame.response ?? "";
  turn.citations = frame.citations ?? [];
  turn.lesson = frame.lesson ?? null;
  turn.quiz = frame.quiz ?? null;
  turn.progress = frame.progress ?? null;
  turn.mode = frame.mode ?? "idle";
  turn.topic = frame.current_topic ?? null;
  turn.grounded = frame.grounded ?? true;
  turn.finish = frame.finish ?? "stop";
  turn.state = "done";
  turn.stopping = false;
  turn.error = null;
  turn.pieces.clear();
}

/** The text of all deltas up to the first that is missing; the numbers begin anywhere. */
function joined(pieces) {
  let text = "";
  let expected = null;
  for (const [seq, delta] of [...pieces].sort(([a], [b]) => a - b)) {
    if (expected !== null && seq !== expected) break;
    text += delta;
    expected = seq + 1;
  }
  return text;
}

/** The number of the last delta before the first that is missing; null when there is none. */
function lastSeq(pieces) {
  const seqs = [...pieces.keys()].sort((a, b) => a - b);
  return seqs.find((seq) => !pieces.has(seq + 1)) ?? null;
}

/** The turns of a stored history: a student's message and the reply that follows it. */
export function turnsOf(messages) {
  const turns = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.role === "user") {
      const turn = newTurn(message.content ?? "");
      turn.id = message.message_id ?? null;
      turn.epoch = 1;
      turn.state = "checking";
      turns.push(turn);
    } else if (last && last.state === "checking") {
      take(last, reply(message));
      last.replyId = message.message_id ?? null;
    } else {
      const turn = newTurn(null);
      turn.id = message.message_id ?? null;
      take(turn, reply(message));
      turns.push(turn);
    }
  }
  // Only the last turns can still be running: a reply to a later one means an earlier one got none.
  const lastDone = turns.findLastIndex((turn) => turn.state === "done");
  for (const turn of turns.slice(0, Math.max(lastDone, 0))) {
    if (turn.state === "checking") (turn.state = "failed"), (turn.error = { code: "unanswered", error: null });
  }
  // What was asked again, word for word, is shown once.
  return turns.filter((turn, index) => turn.error?.code !== "unanswered" || turn.question !== turns[index + 1]?.question);
}

function reply(message) {
  return { ...message, response: message.content ?? "" };
}
