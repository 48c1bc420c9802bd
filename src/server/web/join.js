// The way into the class: the code, the name, the secret pictures. One step at a time, each with one thing to do.

import { byId, h, icon } from "./dom.js";
import { language, setLanguage, speak, t } from "./language.js";
import { LANGUAGES } from "./strings.js";

const PICTURES = ["sun", "fish", "tree", "house", "star", "moon", "boat", "bird", "flower", "apple", "drum", "kite"];
const MAX_NAME = 40;
/** Below this a list of names needs no search. */
const MANY_NAMES = 8;

/** What is known so far; `show` paints the step it belongs to. */
const state = { code: "", students: [], pictures: PICTURES, length: 3, name: "", hasPin: false, picked: [], first: null, busy: false };
let show = stepCode;
const line = byId("trouble");
let timer = 0;

// ---- the server

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method, headers: body ? { "content-type": "application/json" } : {}, body: body && JSON.stringify(body),
  });
  const value = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.ok) return value;
  throw Object.assign(new Error(value?.error?.message ?? `HTTP ${answer.status}`), { status: answer.status, wait: Number(answer.headers.get("retry-after")) || 0 });
}

/** Runs one question to the server at a time; an error that `known` has words for is said with them. */
async function once(known, action) {
  if (state.busy) return;
  state.busy = true;
  document.body.toggleAttribute("aria-busy", true);
  trouble("");
  try {
    await action();
  } catch (error) {
    if (error.status === 429) waitFor(error.wait || 30);
    else trouble(known[error.status] ? t(known[error.status], state) : t(error.status ? "failed" : "join_offline"));
  } finally {
    state.busy = false;
    document.body.toggleAttribute("aria-busy", false);
  }
}

// ---- the steps

function stepCode() {
  const field = h("input", {
    id: "code", class: "join-field join-code", value: state.code, maxlength: 12, autocomplete: "off", autocapitalize: "characters", spellcheck: "false",
    enterkeyhint: "go", dir: "ltr", "aria-describedby": "code-help",
  });
  paint(
    h("h1", { id: "title", tabindex: -1 }, t("join_title")),
    h("form", { class: "join-form", onsubmit: (event) => (event.preventDefault(), enterCode(field.value)) },
      h("label", { for: "code" }, t("join_code")),
      field,
      h("p", { id: "code-help", class: "quiet" }, t("join_code_help")),
      h("button", { type: "submit", class: "solid wide" }, t("join_go"))),
  );
  field.focus();
}

function enterCode(typed) {
  const code = typed.toUpperCase().replace(/[^A-Z0-9]/g, "");
  if (!code) return byId("code").focus();
  state.code = code;
  once({ 403: "join_code_wrong", 404: "join_code_wrong", 400: "join_code_wrong" }, async () => {
    const { students = [], pictures, pin_length: length } = await ask("GET", `/api/class?code=${encodeURIComponent(code)}`);
    Object.assign(state, { students, pictures: pictures?.length ? pictures : PICTURES, length: length || 3 });
    go(stepName);
  }).then(() => document.querySelector("#code")?.select());
}

function stepName() {
  const list = h("ul", { class: "join-names", "aria-label": t("join_names") });
  const field = h("input", {
    id: "name", class: "join-field", maxlength: MAX_NAME, autocomplete: "off", autocapitalize: "words", spellcheck: "false", enterkeyhint: "go", dir: "auto",
    oninput: () => fill(field.value),
  });
  const fill = (typed) => {
    const wanted = folded(typed);
    list.replaceChildren(...state.students.filter(({ name }) => folded(name).includes(wanted)).map((student) => h("li", {},
      h("button", { type: "button", class: "soft join-person", dir: "auto", onclick: () => chooseName(student.name) }, student.name))));
  };
  fill("");
  const some = state.students.length > 0;
  const form = h("form", { class: "join-form", onsubmit: (event) => (event.preventDefault(), chooseName(field.value)) },
    h("label", { for: "name" }, t(some ? "join_name_new" : "join_name")),
    h("div", { class: "join-row" }, field, h("button", { type: "submit", class: "solid" }, t("join_go"))));
  const many = state.students.length > MANY_NAMES;
  paint(...[
    h("h1", { id: "title", tabindex: -1 }, t("join_who")),
    some ? h("p", { class: "quiet" }, t("join_who_help")) : null,
    many ? form : null,
    some ? list : null,
    many ? null : form,
  ].filter(Boolean));
  (some ? byId("title") : field).focus();
}

function chooseName(typed) {
  const name = typed.trim().replace(/\s+/g, " ");
  if (!name) return byId("name").focus();
  const known = state.students.find((student) => folded(student.name) === folded(name));
  Object.assign(state, { name: known?.name ?? name, hasPin: Boolean(known?.has_pin), picked: [], first: null });
  trouble("");
  go(stepPictures);
}

/** The pictures: shown once by who has some, twice by who sets them. */
function stepPictures() {
  const { name, hasPin, first, length } = state;
  const words = hasPin ? "join_show" : first ? "join_again" : "join_choose";
  paint(
    h("h1", { id: "title", tabindex: -1 }, ...greeting(name)),
    h("p", { id: "pictures-help", class: "join-words" }, t(words, { n: length })),
    h("div", { class: "join-picked" }, h("div", { id: "slots", class: "slots", "aria-hidden": "true" }),
      h("button", { type: "button", id: "undo", class: "plain", "aria-label": t("join_undo"), onclick: undo }, icon("undo"))),
    h("div", { class: "pictures", role: "group", "aria-labelledby": "pictures-help" }, state.pictures.map((id) =>
      h("button", { type: "button", class: "picture", "data-picture": id, onclick: () => pick(id) },
        PICTURES.includes(id) ? icon(`pic-${id}`) : null, h("span", {}, pictureName(id))))),
    h("button", { type: "button", class: "plain join-back", onclick: () => (trouble(""), go(stepName)) }, t("join_not_me")),
  );
  paintSlots();
  byId("title").focus();
}

function pick(id) {
  if (state.busy || state.picked.length >= state.length) return;
  trouble("");
  state.picked.push(id);
  paintSlots();
  byId("announcer").textContent = t("join_picked", { picture: pictureName(id), n: state.picked.length, total: state.length });
  if (state.picked.length === state.length) whole();
}

function undo() {
  state.picked.pop();
  trouble("");
  paintSlots();
  if (!state.picked.length) document.querySelector(".picture").focus();
}

/** All pictures are there: shown again by who sets them, else sent. */
function whole() {
  if (state.hasPin) return join();
  if (!state.first) {
    Object.assign(state, { first: state.picked, picked: [] });
    return go(stepPictures);
  }
  if (state.first.join() === state.picked.join()) return join();
  Object.assign(state, { first: null, picked: [] });
  go(stepPictures);
  trouble(t("join_differ"));
}

function join() {
  const { code, name, picked: pin } = state;
  return once({ 401: "join_wrong", 400: "join_bad_name", 403: "join_code_old" }, async () => {
    try {
      await ask("POST", "/api/join", { code, name, pin });
    } catch (error) {
      state.picked = [];
      paintSlots();
      if (error.status === 400) go(stepName);
      if (error.status === 403) go(stepCode);
      throw error;
    }
    location.assign("/demo");
  });
}

/** Who scans the code with a device that is in the class already. */
function stepBack(me) {
  return function back() {
    paint(
      h("h1", { id: "title", tabindex: -1 }, ...greeting(me.name ?? "")),
      h("a", { class: "solid wide", href: me.role === "teacher" ? "/teach" : "/demo" }, t("join_go_on")),
      h("button", { type: "button", class: "soft wide", onclick: () => once({}, async () => (await ask("POST", "/api/logout"), begin())) }, t("join_other")),
    );
    byId("title").focus();
  };
}

// ---- what is shown

function go(step) {
  show = step;
  step();
  scrollTo(0, 0);
}

function paint(...nodes) {
  byId("step").replaceChildren(...nodes);
}

function paintSlots() {
  const slots = document.querySelector("#slots");
  if (!slots) return;
  slots.replaceChildren(...Array.from({ length: state.length }, (_, at) =>
    h("span", { class: "slot", "data-full": at < state.picked.length }, state.picked[at] && PICTURES.includes(state.picked[at]) ? icon(`pic-${state.picked[at]}`) : null)));
  byId("undo").disabled = state.picked.length === 0;
}

function trouble(words) {
  clearInterval(timer);
  line.hidden = !words;
  line.replaceChildren(...(words ? [h("p", {}, words)] : []));
  // Near what it is about: on a phone the foot of the page is out of sight.
  document.querySelector("#step h1")?.after(line);
}

/** Too many tries: counts down, and lets go on by itself. */
function waitFor(seconds) {
  let left = Math.min(seconds, 600);
  const tell = () => {
    if (left <= 0) return trouble("");
    line.firstChild.textContent = t("join_wait", { n: left });
    left -= 1;
  };
  trouble(t("join_wait", { n: left }));
  timer = setInterval(tell, 1000);
}

function pictureName(id) {
  return PICTURES.includes(id) ? t(`picture_${id}`) : id;
}

/** Names that a child writes in another case or with an accent less are the same. */
function folded(name) {
  return name.trim().replace(/\s+/g, " ").normalize("NFC").toLowerCase();
}

/** The greeting, with the name kept apart: it may be written in the other direction. */
function greeting(name) {
  const gap = "\u0000";
  const [before, after] = t("join_hello", { name: gap }).split(gap);
  return [before, h("bdi", {}, name), after];
}

function paintLanguages() {
  byId("languages").replaceChildren(...LANGUAGES.map(({ code, name }) => h("button", {
    type: "button", class: "plain", lang: code, "aria-pressed": String(code === language()),
    onclick: () => {
      setLanguage(code);
      paintLanguages();
      trouble("");
      show();
    },
  }, name)));
  document.title = `${t("join_title")} - Lectern`;
}

async function begin() {
  state.code = new URLSearchParams(location.search).get("code")?.toUpperCase() ?? "";
  const me = await ask("GET", "/api/me").catch(() => null);
  // A server without a login has nothing to join.
  if (me?.login === false) return location.replace("/demo");
  if (me?.role) return go(stepBack(me));
  go(stepCode);
  if (state.code) enterCode(state.code);
}

speak();
paintLanguages();
begin();
