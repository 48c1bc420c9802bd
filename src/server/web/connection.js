// One WebSocket that comes back by itself: back-off, a heartbeat, and a second look whenever the page is shown again or
// the network returns. Knows frames only as JSON objects with a `type`.

const FIRST_WAIT_MS = 400;
const MAX_WAIT_MS = 10000;
const CONNECT_MS = 8000;
const BEAT_MS = 20000;
const ANSWER_MS = 6000;
/** The server closes with this code when the same client connects elsewhere. */
const ELSEWHERE = 4001;
/** The server closes with this code when the student was taken from the class or signed out. */
const REFUSED = 1008;

/** This browser's lasting name: random, kept in localStorage; for one visit only where storage is not allowed. */
export function clientId() {
  const key = "lectern-client";
  try {
    const kept = localStorage.getItem(key);
    if (kept && /^[A-Za-z0-9._-]{1,64}$/.test(kept)) return kept;
    const fresh = randomId();
    localStorage.setItem(key, fresh);
    return fresh;
  } catch {
    return randomId();
  }
}

function randomId() {
  // Not randomUUID: browsers offer that on https only, and a classroom is plain http.
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `s-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Where the page's own server listens for this client. */
export function socketUrl(id) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/ws/${encodeURIComponent(id)}?stream=1`;
}

export class Connection {
  #url;
  #onFrame;
  #onState;
  #greeting;
  #socket = null;
  #failures = 0;
  #timers = { retry: 0, beat: 0, answer: 0 };

  /**
   * `url()` is asked before every attempt; `onFrame(frame)` for every frame; `onState(state)` for every change to
   * `connecting`, `open`, `lost`, `elsewhere` or `refused`. A server that does not let a student in looks like none: who
   * hears `lost` may ask it why. The connection is open from the first frame of the type `greeting`.
   */
  constructor({ url, onFrame, onState, greeting = "welcome" }) {
    this.#url = url;
    this.#onFrame = onFrame;
    this.#onState = onState;
    this.#greeting = greeting;
    this.state = "connecting";
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#look());
    addEventListener("online", () => this.#look());
    addEventListener("offline", () => this.#probe());
    addEventListener("pageshow", (event) => event.persisted && this.#look());
  }

  /** Connects, or takes over from another tab. */
  connect() {
    this.#drop();
    this.#set(this.#failures ? "lost" : "connecting");
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    this.#after("answer", CONNECT_MS, () => this.#lose(socket));
    socket.addEventListener("message", (event) => socket === this.#socket && this.#hear(event.data));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#closed(event.code));
  }

  /** Sends a frame; false when there is no connection to send it on. */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #hear(data) {
    clearTimeout(this.#timers.answer);
    this.#after("beat", BEAT_MS, () => this.#probe());
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame?.type === this.#greeting) {
      this.#failures = 0;
      this.#set("open");
    }
    if (frame && typeof frame.type === "string") this.#onFrame(frame);
  }

  #closed(code) {
    this.#drop();
    if (code === ELSEWHERE) return this.#set("elsewhere");
    if (code === REFUSED) return this.#set("refused");
    this.#retryLater();
  }

  /** Gives a socket up that does not answer; its own close event may come minutes later. */
  #lose(socket) {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#retryLater();
  }

  #retryLater() {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, MAX_WAIT_MS);
    this.#failures += 1;
    this.#set("lost");
    // Spread out, so that a class of thirty does not come back in the same instant.
    this.#after("retry", wait * (0.75 + Math.random() / 2), () => this.connect());
  }

  /** Asks whether the server is still there; gives the socket up when it stays silent. */
  #probe() {
    const socket = this.#socket;
    if (this.state !== "open" || !this.send({ type: "ping" })) return;
    this.#after("answer", ANSWER_MS, () => this.#lose(socket));
  }

  #look() {
    if (this.state === "open") this.#probe();
    else if (this.state === "lost") this.connect();
  }

  #drop() {
    Object.values(this.#timers).forEach(clearTimeout);
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close();
  }

  #after(timer, wait, action) {
    clearTimeout(this.#timers[timer]);
    this.#timers[timer] = setTimeout(action, wait);
  }

  #set(state) {
    if (this.state === state && !["connecting", "lost"].includes(state)) return;
    this.state = state;
    this.#onState(state);
  }
}
