// The class of the stand-in server: who may come in, and what the teacher does. With `--login` a student joins first: the
// code is K7M3QD; Asha (sun, fish, tree), Ben (no pictures yet) and 28 more are on the list. Tests drive it by
// `POST /test/class`:
//
//   { notice: "words", to: "class" | "you", id: "n1" }   a notice to everybody who is connected
//   { paused: true }                                     the class is paused, or goes on
//   { start: "teach me about Floods" }                   a lesson for everybody who is connected
//   { revoke: true }                                     all tokens are taken away, all sockets closed with 1008

import { randomBytes } from "node:crypto";

const CODE = "K7M3QD";
const PICTURES = ["sun", "fish", "tree", "house", "star", "moon", "boat", "bird", "flower", "apple", "drum", "kite"];
const NAMES = ["Ben", "Chidi", "Diya", "Eva María", "Fatima", "Gabriel", "Hina", "Ines", "Jun", "Kofi", "Lakshmi", "Maximiliana-Theodora Vandenberghe-Olsen", "Noor", "Omar", "Priya", "Quan", "Rosa", "Sofía", "Tariq", "Uma", "Viktor", "Wanjiru", "Ximena", "Yusuf", "Zoë", "अनन्या", "محمد", "小明"];
const TRIES = 5;

export class FakeClass {
  #login;
  #students = new Map([["Asha", { name: "Asha", client_id: "s-asha", pin: "sun fish tree" }], ...NAMES.map((name, index) => [name, { name, client_id: `s-${index}`, pin: null }])]);
  #tokens = new Map();
  #tries = 0;
  #drive;
  paused = false;

  /** `drive` does what the teacher does: `send(frame)`, `start(content)`, `close(code)`. */
  constructor(login, drive) {
    this.#login = login;
    this.#drive = drive;
  }

  /** Who sent a request, or null. */
  student({ headers }) {
    const token = /(?:^|; )lectern_token=([^;]+)/.exec(headers.cookie ?? "")?.[1];
    return this.#tokens.get(token) ?? null;
  }

  /** Whether a request for what belongs to `client` may pass. */
  lets(request, client = null) {
    const student = this.student(request);
    return !this.#login || Boolean(student && (client === null || client === student.client_id));
  }

  /** Answers a request about the class; false where it is none. */
  async answer(request, url, json) {
    const call = `${request.method} ${url.pathname}`;
    const student = this.student(request);
    if (call === "GET /api/me") {
      return json(200, this.#login ? { login: true, role: student ? "student" : null, client_id: student?.client_id ?? null, name: student?.name ?? null } : { login: false, role: "teacher", client_id: null, name: null });
    }
    if (call === "GET /api/class") return this.#names(url.searchParams.get("code"), json);
    if (call === "POST /api/join") return this.#join(await body(request), json);
    if (call === "POST /api/logout") {
      for (const [token, owner] of this.#tokens) if (owner === student) this.#tokens.delete(token);
      return json(204, undefined, { "set-cookie": "lectern_token=; Path=/; Max-Age=0" });
    }
    if (call === "POST /test/class") return this.#driven(await body(request), json);
    if (url.pathname.startsWith("/api/") && !this.lets(request)) return json(401, { error: { code: "unauthorized", message: "join the class first" } });
    return false;
  }

  #names(code, json) {
    if (code !== CODE) return json(403, { error: { code: "forbidden", message: "there is no class with this code" } });
    return json(200, { students: [...this.#students.values()].map(({ name, pin }) => ({ name, has_pin: pin !== null })), pictures: PICTURES, pin_length: 3 });
  }

  #join({ code, name, pin }, json) {
    const refuse = (status, code, head) => json(status, { error: { code, message: code } }, head);
    if (code !== CODE) return refuse(403, "forbidden");
    const known = this.#students.get(name);
    if (known?.pin && known.pin !== pin.join(" ")) {
      this.#tries += 1;
      return this.#tries % TRIES ? refuse(401, "unauthorized") : refuse(429, "rate_limited", { "retry-after": "2" });
    }
    const student = known ?? { name, client_id: `s-${randomBytes(4).toString("hex")}` };
    student.pin = pin.join(" ");
    this.#students.set(name, student);
    const token = randomBytes(8).toString("hex");
    this.#tokens.set(token, student);
    return json(200, { token, client_id: student.client_id, name, role: "student", is_new: !known }, { "set-cookie": `lectern_token=${token}; Path=/; HttpOnly; SameSite=Lax` });
  }

  #driven({ notice, to = "class", id = "n1", paused, start, revoke }, json) {
    if (notice) this.#drive.send({ type: "notice", response: `Your teacher: ${notice}`, content: notice, to, notice_id: id, timestamp: "2026-11-24T10:00:00Z" });
    if (paused !== undefined) this.#drive.send(this.pause(paused));
    if (start) this.#drive.start(start);
    if (revoke) (this.#tokens.clear(), this.#drive.close(1008));
    return json(204);
  }

  /** The frame that says whether the class is paused. */
  pause(paused = this.paused) {
    this.paused = paused;
    return { type: "paused", paused, response: paused ? "Your teacher has paused the class." : "Your teacher goes on with the class." };
  }
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString("utf8") || "{}");
}
