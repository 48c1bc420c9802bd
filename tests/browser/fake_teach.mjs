// The teacher's half of the stand-in server: signs in, tells of an invented class over `/teach/ws`, reads books that are
// sent to it. Only requests of the page `/teach` are answered here. Tests drive it by `POST /test/teach`:
//
//   { login: true }        asks for the password (`long division`)     { role: "student" }   who is signed in
//   { students: [...] }    patches students by `client_id`              { remove: "s-03" }    one is gone
//   { changed: "books" }   tells that something changed                 { frame: {...} }      sends any frame
//   { drop: 1006 }         breaks every socket                          { empty: true }       no students, books, numbers
//   { upload: {...} }      how the next books are answered: { status, code, stages, ms, error }
//
// and read what it was asked by `GET /test/teach`.

import { createReadStream } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { BOOKS, conversation, mastery, members, progress, questions, students } from "./fake_class.mjs";

const page = join(dirname(fileURLToPath(import.meta.url)), "../../src/server/web/teach.html");
const QR = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><rect width="29" height="29" fill="#fff"/><path d="${Array.from({ length: 400 }, (_, i) => ((i * i * 7 + i * 3) % 5 < 2 ? `M${4 + (i % 21)} ${4 + Math.floor(i / 21)}h1v1h-1z` : "")).join("")}"/></svg>`;
const sockets = new WebSocketServer({ noServer: true, maxPayload: 65536 });
let world;
reset();

function reset() {
  world = {
    login: false, role: "teacher", password: "long division", code: "K7M3QD", paused: false, students: students(), books: [...BOOKS],
    questions: questions(), upload: {}, numUploads: 0, log: [], tries: 0, refuse: null,
  };
  world.members = members(world.students);
  world.mastery = mastery(world.students);
}

// ---- HTTP

/** Answers a request of the teacher's page, or of a test; false where it is none. */
export function teachHttp(request, response) {
  const url = new URL(request.url, "http://here");
  if (url.pathname === "/teach") return sendPage(request, response);
  if (url.pathname === "/test/teach") return drive(request, response), true;
  const from = request.headers.referer ? new URL(request.headers.referer).pathname : "";
  if (from !== "/teach" || !url.pathname.startsWith("/api/")) return false;
  body(request).then((sent) => answer(request, response, url, sent));
  return true;
}

function sendPage({ headers }, response) {
  const sources = `ws://${headers.host} wss://${headers.host}`;
  const policy = `default-src 'self'; connect-src 'self' ${sources}; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'`;
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
  createReadStream(page).pipe(response);
  return true;
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function answer(request, response, { pathname, searchParams }, sent) {
  const json = (status, value, head = {}) => response.writeHead(status, { "content-type": "application/json", ...head }).end(value === undefined ? undefined : JSON.stringify(value));
  const refuse = (status, code, message = code, head = {}) => json(status, { error: { code, message } }, head);
  const isJson = (request.headers["content-type"] ?? "").includes("json");
  const given = isJson ? JSON.parse(sent) : {};
  const call = `${request.method} ${pathname}`;
  if (request.method !== "GET") world.log.push({ call, ...given });
  if (call === "GET /api/me") return json(200, { login: world.login, role: world.role, client_id: world.role === "student" ? "s-00" : null, name: world.role === "student" ? "Asha" : null });
  if (call === "POST /api/login") {
    world.tries += 1;
    if (world.tries > 3) return refuse(429, "rate_limited", "too many tries", { "retry-after": "30" });
    if (given.password !== world.password) return refuse(401, "unauthorized");
    world.role = "teacher";
    return json(200, { token: "t", client_id: "s-t", name: "Teacher", role: "teacher" });
  }
  if (world.login && world.role !== "teacher") return refuse(401, "unauthorized");
  if (call === "POST /api/logout") return (world.role = null), json(204);
  if (call === "POST /api/password") return given.old === world.password ? ((world.password = given.new), json(204)) : refuse(401, "unauthorized");
  if (call === "GET /api/books") return json(200, world.books);
  if (call === "POST /api/books") return takeBook(response, sent, refuse);
  const book = /^DELETE \/api\/books\/(.+)$/.exec(call)?.[1];
  if (book) return (world.books = world.books.filter(({ id }) => id !== book)), tellAll({ type: "changed", what: "books" }), json(204);
  if (call === "GET /api/class/questions") return json(200, world.questions);
  if (call === "GET /api/class/mastery") return json(200, world.mastery);
  if (call === "GET /api/class/students") return json(200, world.members);
  if (call === "POST /api/class/students") return json(201, addStudents(given.names));
  if (call === "POST /api/class/code") return (world.code = "H4WXZ9"), tellAll(classFrame()), json(200, { code: world.code });
  const member = /^\/api\/class\/students\/([^/]+)(\/forget-pin)?$/.exec(pathname);
  if (member) return changeMember(request.method, member[1], json);
  const file = /^\/api\/(?:class|sessions\/([^/]+))\/(export|progress)$/.exec(pathname);
  if (file && searchParams.get("format") === "json" && file[1]) return json(200, file[2] === "export" ? conversation(file[1]) : progress(file[1]));
  if (file) return response.writeHead(200, { "content-type": "text/plain" }).end(`${file[1] ?? "class"} ${file[2]} ${searchParams.get("format")}`);
  return refuse(404, "not_found", `there is nothing at ${pathname}`);
}

function addStudents(names) {
  const added = names.filter((name) => !world.members.some((one) => one.name === name))
    .map((name, index) => ({ client_id: `s-new${world.members.length + index}`, name, has_pin: false, created: "2026-11-24T08:00:00Z", last_seen: null }));
  world.members.push(...added);
  return added;
}

function changeMember(method, id, json) {
  if (method === "DELETE") {
    world.members = world.members.filter(({ client_id }) => client_id !== id);
    world.students = world.students.filter(({ client_id }) => client_id !== id);
    tellAll(classFrame());
  } else world.members.find(({ client_id }) => client_id === id).has_pin = false;
  return json(204);
}

async function takeBook(response, sent, refuse) {
  const { status, code, message, stages = ["waiting", "reading", "embedding", "indexing", "done"], ms = 60, error = null, cut = false } = world.upload;
  const file_name = /filename="([^"]*)"/.exec(sent.toString("utf8"))[1];
  if (status) return refuse(status, code, message);
  world.numUploads += 1;
  const upload = `u${world.numUploads}`;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  for (const stage of stages) {
    const counted = stage === "reading" || stage === "embedding";
    for (const done of counted ? [40, 80, 120] : [0]) {
      const event = { type: "ingest", upload, file_name, stage, done, total: counted ? 120 : 0, book: stage === "done" ? file_name.replace(/\.pdf$/, "") : null, error: stage === "failed" ? error : null };
      tellAll(event);
      // Cut in the middle, as the network does.
      const text = `event: ingest\ndata: ${JSON.stringify(event)}\n\n`;
      response.write(text.slice(0, 30));
      await new Promise((rest) => setTimeout(rest, ms / 2));
      response.write(text.slice(30));
      await new Promise((rest) => setTimeout(rest, ms / 2));
    }
    if (stage === "done") world.books.push({ id: file_name.replace(/\.pdf$/, ""), title: file_name.replace(/\.pdf$/, ""), file_name, num_pages: 120, num_chunks: 300, topics: [] });
  }
  if (cut) return response.destroy();
  response.end();
}

// ---- WebSocket

/** Takes an upgrade to `/teach/ws`; false where it is another. */
export function teachUpgrade(request, socket, head) {
  if (new URL(request.url, "http://here").pathname !== "/teach/ws") return false;
  if (world.login && world.role !== "teacher") return socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n"), true;
  sockets.handleUpgrade(request, socket, head, (ws) => {
    ws.send(JSON.stringify(classFrame()));
    ws.on("message", (data) => hear(ws, JSON.parse(String(data))));
  });
  return true;
}

function classFrame() {
  const join_url = world.code && "http://192.168.1.7:8000/join?code=" + world.code;
  return { type: "class", code: world.code, join_url, join_qr: world.code && QR, paused: world.paused, login: world.login, students: world.students };
}

function tellAll(frame) {
  for (const ws of sockets.clients) ws.send(JSON.stringify(frame));
}

function hear(ws, frame) {
  if (frame.type === "ping") return ws.send(JSON.stringify({ type: "pong" }));
  world.log.push(frame);
  if (world.refuse) return ws.send(JSON.stringify({ type: "error", id: frame.id, code: "overloaded", error: world.refuse }));
  const here = world.students.filter(({ connected }) => connected);
  if (frame.type === "pause") (world.paused = frame.paused), tellAll(classFrame());
  const to = frame.client_ids ?? (frame.client_id ? [frame.client_id] : null);
  const reached = to ? here.filter(({ client_id }) => to.includes(client_id)).length : here.length;
  ws.send(JSON.stringify({ type: "done", id: frame.id, reached }));
}

// ---- tests

async function drive(request, response) {
  if (request.method === "GET") return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(world.log));
  const { reset: again, students: patches, remove, changed, frame, drop, empty, ...set } = JSON.parse(await body(request));
  if (again) reset();
  Object.assign(world, set);
  for (const patch of patches ?? []) Object.assign(world.students.find(({ client_id }) => client_id === patch.client_id), patch);
  if (remove) world.students = world.students.filter(({ client_id }) => client_id !== remove);
  if (empty) Object.assign(world, { students: [], members: [], books: [], questions: { groups: [] }, mastery: { sections: [], students: [] } });
  if (changed) tellAll({ type: "changed", what: changed });
  if (frame) tellAll(frame);
  if (drop) for (const ws of sockets.clients) drop === 1006 ? ws.terminate() : ws.close(drop);
  if (patches || remove || empty || "code" in set || "paused" in set) tellAll(classFrame());
  response.writeHead(204).end();
}
