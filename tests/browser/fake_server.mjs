// A stand-in for `lectern serve` that speaks the same protocol without a model: it teaches from four fixed steps, as fast
// or as slowly as a test wants, and can be told to fail. The page is tried against it in seconds. It takes the flags of
// the real one:
//
//   node fake_server.mjs serve --addr 127.0.0.1:8000 [--data FOLDER] [--word-ms 15] [--login]
//
// Messages that begin with `test:` make it do what a real server does rarely: `test:overloaded`, `test:queue`,
// `test:internal`, `test:markdown`, `test:long`, and `test:quiz`, `test:check`, `test:choice`, `test:order`, `test:match`,
// `test:progress` (see fake_quiz.mjs). What a teacher does is asked for over HTTP (see fake_join.mjs).

import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";
import { BOOKS, CITATIONS, fileOf, LESSON, MARKDOWN, pageOf } from "./fake_books.mjs";
import { FakeClass } from "./fake_join.mjs";
import { progress, quizAnswer } from "./fake_quiz.mjs";
import { teachHttp, teachUpgrade } from "./fake_teach.mjs";

const { values: flags } = parseArgs({
  allowPositionals: true, strict: false,
  options: { addr: { type: "string" }, data: { type: "string" }, "word-ms": { type: "string" }, login: { type: "boolean" } },
});
const [host, port] = (flags.addr ?? "127.0.0.1:8000").split(":");
const wordMs = Number(flags["word-ms"] ?? 15);
const web = join(dirname(fileURLToPath(import.meta.url)), "../../src/server/web");
const store = flags.data ? join(flags.data, "fake.json") : null;
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json" };
const CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'";

const sessions = new Map(Object.entries(store && existsSync(store) ? JSON.parse(readFileSync(store, "utf8")) : {}));
const live = new Map(); // client id -> { socket, queue, running }
let lastMessage = Math.max(0, ...[...sessions.values()].flatMap(({ messages }) => messages.map(({ id }) => id)));

function keep() {
  if (!store) return;
  mkdirSync(flags.data, { recursive: true });
  writeFileSync(store, JSON.stringify(Object.fromEntries(sessions)));
}

// ---- HTTP

const theClass = new FakeClass(Boolean(flags.login), {
  send: (frame) => live.forEach((client) => send(client, frame)),
  start: (content) => live.forEach((client, id) => client.socket && begin(client, sessionOf(id), content)),
  close: (code) => live.forEach(({ socket }) => socket?.close(code, "no longer in the class")),
});

const server = createServer(async (request, response) => {
  if (teachHttp(request, response)) return;
  const url = new URL(request.url, "http://here");
  const { pathname } = url;
  const json = (status, body, head = {}) => (response.writeHead(status, { "content-type": "application/json", ...head }).end(body && JSON.stringify(body)), true);
  if (await theClass.answer(request, url, json)) return;
  const [, owner, what] = /^\/api\/sessions\/([^/]+)\/(export|progress)$/.exec(pathname) ?? [];
  if (owner && !theClass.lets(request, owner)) return json(403, { error: { code: "forbidden", message: "this is another student's" } });
  const format = url.searchParams.get("format");
  if (what === "progress" && format === "json") return json(200, { client_id: owner, name: null, sections: sessionOf(owner).messages.length ? progress() : [] });
  if (owner) return response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(`${owner} ${what} ${format}`);
  const book = /^\/api\/books\/([^/]+)\/file$/.exec(pathname);
  if (pathname === "/health") return json(200, { status: "ok", active_connections: live.size });
  const client = /^\/api\/sessions\/([^/]+)\/said$/.exec(pathname)?.[1];
  if (client) return json(200, sessionOf(client).messages.map(({ content }) => content));
  if (pathname === "/api/books") return json(200, BOOKS);
  if (book && BOOKS.some(({ id }) => id === book[1])) return sendPdf(request, response, fileOf(book[1]));
  const [, inBook, number] = /^\/api\/books\/([^/]+)\/pages\/(\d+)$/.exec(pathname) ?? [];
  const text = inBook && pageOf(inBook, Number(number));
  if (text) return json(200, text);
  if (pathname === "/join") return sendFile(response, "join.html");
  if (pathname === "/demo" || pathname === "/demo/") return sendFile(response, "index.html");
  if (pathname.startsWith("/demo/")) return sendFile(response, pathname.slice(6));
  return json(404, { error: { code: "not_found", message: `there is nothing at ${pathname}` } });
});

function sendFile(response, name) {
  const path = join(web, normalize(name));
  if (!path.startsWith(web) || !existsSync(path)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", "content-security-policy": CSP, "x-content-type-options": "nosniff" });
  createReadStream(path).pipe(response);
}

function sendPdf(request, response, bytes) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const head = { "content-type": "application/pdf", "accept-ranges": "bytes" };
  if (!range) return response.writeHead(200, { ...head, "content-length": bytes.length }).end(bytes);
  const [from, to] = [Number(range[1]), Math.min(range[2] ? Number(range[2]) : Infinity, bytes.length - 1)];
  response.writeHead(206, { ...head, "content-range": `bytes ${from}-${to}/${bytes.length}` }).end(bytes.subarray(from, to + 1));
}

// ---- WebSocket

const sockets = new WebSocketServer({ noServer: true, maxPayload: 65536 });
server.on("upgrade", (request, socket, head) => {
  if (teachUpgrade(request, socket, head)) return;
  const { pathname, searchParams } = new URL(request.url, "http://here");
  const id = /^\/ws\/([A-Za-z0-9._-]{1,64})$/.exec(pathname)?.[1];
  if (!id) return socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  if (!theClass.lets(request, id)) return socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
  sockets.handleUpgrade(request, socket, head, (ws) => attach(ws, id, searchParams.get("stream") === "1"));
});

function sessionOf(id) {
  if (!sessions.has(id)) sessions.set(id, { messages: [], step: 0 });
  return sessions.get(id);
}

const now = () => `${new Date().toISOString().slice(0, 19)}Z`;
const modeOf = (session) => ({ mode: session.quiz && session.quiz.purpose !== "check" ? session.quiz.purpose : session.step || session.quiz ? "teaching" : "idle", current_topic: session.step ? LESSON.title : null });

function attach(ws, id, stream) {
  const client = live.get(id) ?? { queue: [], running: null };
  client.socket?.close(4001, "connected elsewhere");
  client.socket = ws;
  client.stream = stream;
  live.set(id, client);
  welcome(client, id);
  ws.on("message", (data, binary) => hear(client, id, binary ? "" : String(data)));
  ws.on("close", () => client.socket === ws && (client.socket = null));
}

function welcome(client, id) {
  const session = sessionOf(id);
  const resumed = session.messages.length > 0;
  const response = resumed ? "Welcome back! We can go on where you stopped." : "Hello! I teach from the books of your class. Ask me anything, or say, for example:\n- teach me about Readable streams\n- teach me about Newton's laws of motion\n- teach me about Self-locking nuts";
  send(client, { type: "welcome", response, client_id: id, ...modeOf(session), timestamp: now(), resumed, protocol: 1 });
  if (theClass.paused) send(client, theClass.pause());
}

function send(client, frame) {
  if (client.socket?.readyState === 1) client.socket.send(JSON.stringify(frame));
}

function hear(client, id, data) {
  let frame;
  try {
    frame = JSON.parse(data);
  } catch {
    return send(client, { type: "error", code: "bad_json", error: "a frame is a JSON object with a `type`" });
  }
  const session = sessionOf(id);
  switch (frame.type) {
    case "ping":
      return send(client, { type: "pong" });
    case "history":
      return send(client, { type: "history", messages: history(session, frame) });
    case "resume":
      return client.running ? resume(client, frame.after_seq ?? 0) : send(client, { type: "error", code: "not_found", error: "nothing to resume" });
    case "stop":
      return client.running && (client.running.cancelled = true);
    case "reset":
      if (client.running) client.running.cancelled = client.running.dropped = true;
      client.queue = [];
      sessions.delete(id);
      keep();
      return welcome(client, id);
    case "message":
      return accept(client, session, frame);
    default:
      return send(client, { type: "error", code: "bad_type", error: `unknown type \`${frame.type}\`` });
  }
}

function history(session, { before, limit = 50 }) {
  const end = before ? session.messages.findIndex(({ id }) => `m${id}` === before) : session.messages.length;
  const entries = session.messages.slice(0, Math.max(end, 0)).flatMap(({ id, content, reply, timestamp }) => [
    { message_id: `m${id}`, role: "user", content, timestamp },
    ...(reply ? [{ message_id: `m${id}`, role: "assistant", content: reply.response, ...reply, type: undefined }] : []),
  ]);
  return entries.slice(-limit);
}

function resume(client, after) {
  const { message_id, deltas, citations, state } = client.running;
  send(client, { type: "status", message_id, state });
  if (citations) send(client, { type: "citations", message_id, citations });
  for (const { seq, delta } of deltas) if (seq > after) send(client, { type: "delta", message_id, seq, delta });
}

let refused = 0;

function accept(client, session, { content = "", stream }) {
  if (!content.trim()) return send(client, { type: "error", code: "empty", error: "the message is empty" });
  if (content.length > 8000) return send(client, { type: "error", code: "too_long", error: "at most 8,000 characters" });
  if (content === "test:overloaded" && (refused += 1) % 2) return send(client, { type: "error", code: "overloaded", error: "the tutor is busy", retry_after_ms: 400 });
  if (theClass.paused) return send(client, { type: "error", code: "paused", error: "your teacher has paused the class" });
  if (content === "test:internal") return send(client, { type: "error", code: "internal", error: "the model stopped" });
  line(client, session, content, stream ?? client.stream);
  if (!client.running) next(client);
}

/** Puts a message in the line of what is to be answered. */
function line(client, session, content, stream) {
  lastMessage += 1;
  const message = { id: lastMessage, content, timestamp: now() };
  session.messages.push(message);
  keep();
  client.queue.push({ session, message, stream });
  return message;
}

/** The teacher says something in the student's place. */
function begin(client, session, content) {
  const { id } = line(client, session, content, client.stream);
  send(client, { type: "started", message_id: `m${id}`, content, response: `Your teacher starts a lesson: ${content}` });
  if (!client.running) next(client);
}

async function next(client) {
  const turn = client.queue.shift();
  client.running = null;
  if (!turn) return;
  const { session, message, stream } = turn;
  const running = { message_id: `m${message.id}`, deltas: [], citations: null, state: "queued", cancelled: false };
  client.running = running;
  const show = (frame) => stream && !running.dropped && send(client, { message_id: running.message_id, ...frame });
  const status = (state, queue_position) => ((running.state = state), show({ type: "status", state, queue_position }));
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  for (const place of message.content === "test:queue" ? [3, 2, 1] : [1]) (status("queued", place), await wait(message.content === "test:queue" ? 700 : wordMs));
  status("searching");
  await wait(wordMs * 6);
  const before = session.step;
  const { text, citations = [], quiz = null, progress = null } = quizAnswer(session, message.content) ?? answer(session, message.content);
  running.citations = citations;
  if (citations.length) show({ type: "citations", citations });
  for (const delta of text.match(/\s*\S+\s*?/g)) {
    if (running.cancelled) break;
    running.state = "writing";
    if (running.deltas.length === 0) status("writing");
    client.seq = (client.seq ?? 0) + 1;
    running.deltas.push({ seq: client.seq, delta });
    show({ type: "delta", seq: client.seq, delta });
    await wait(wordMs);
  }
  if (running.cancelled) session.step = before;
  const lesson = session.step ? { title: LESSON.title, step: session.step, total: LESSON.steps.length, reading_grade: 6.5 } : null;
  const reply = {
    response: running.cancelled ? running.deltas.map(({ delta }) => delta).join("") : text, ...modeOf(session), timestamp: now(), message_id: running.message_id, citations,
    grounded: true, lesson, quiz, progress, finish: running.cancelled ? "cancelled" : "stop",
  };
  if (!running.dropped) {
    message.reply = reply;
    keep();
    send(client, { type: "response", ...reply });
  }
  next(client);
}

function answer(session, content) {
  const says = (pattern) => pattern.test(content.trim());
  if (content === "test:markdown") return { text: MARKDOWN, citations: CITATIONS };
  if (content === "test:long") return { text: Array(40).fill(LESSON.steps[0].text).join("\n\n"), citations: CITATIONS };
  if (says(/^stop the lesson/i)) {
    session.step = 0;
    return { text: "The lesson is put away. Choose another topic whenever you like." };
  }
  if (says(/^teach me about/i)) {
    session.step = 1;
    return step(session);
  }
  if (session.step && says(/^continue/i)) {
    session.step = Math.min(session.step + 1, LESSON.steps.length);
    return step(session);
  }
  if (session.step && says(/simpl/i)) return { text: LESSON.simpler, citations: [CITATIONS[0]] };
  if (session.step) return { text: `${LESSON.answer}\n\n### Back to our lesson\n\n${LESSON.steps[session.step - 1].text}`, citations: CITATIONS };
  return { text: "Hello! Tell me what you would like to learn, or ask a question. I look in the books of your class. You can say, for example:\n- teach me about Readable streams\n- teach me about Waves and sound" };
}

const step = (session) => LESSON.steps[session.step - 1];

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
server.listen(Number(port), host, () => console.error(`the stand-in listens on http://${host}:${port}/demo`));
