// The student as one of a class: who they are, what the teacher tells them, and the sheet with what is theirs.

import { byId, h, icon } from "./dom.js";
import { t } from "./language.js";
import { progressTable } from "./progress.js";
import { closeSheet, openSheet } from "./sheet.js";

const NOTICES = "lectern-notices";
/** What a page leaves behind in this browser that belongs to one student. */
const KEPT = [NOTICES, "lectern-draft"];

/** Who the server says this is; null where it could not be asked. */
export async function fetchMe() {
  try {
    const answer = await fetch("/api/me", { headers: { accept: "application/json" }, cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Whether somebody has to join first. */
export function mustJoin(me) {
  return Boolean(me?.login && !me.role);
}

export function goToJoin() {
  location.replace("/join");
}

// ---- what the teacher says

/** The cards of the teacher: each is shown once and stays until it is closed, also when the page is loaded again. */
export class Notices {
  #list = byId("teacher");
  #shown = kept();

  constructor() {
    this.#paint();
  }

  /** A `notice` frame. */
  add({ notice_id: id, content, response, to }) {
    const words = content ?? response ?? "";
    if (!words || this.#shown.some((one) => one.id === id && id)) return;
    this.#shown.push({ id: id ?? null, words, to });
    this.#paint();
  }

  /** Says it all again, in the present language. */
  repaint() {
    this.#list.replaceChildren();
    this.#paint();
  }

  #close(notice) {
    this.#shown = this.#shown.filter((one) => one !== notice);
    this.#paint();
    byId("box").focus({ preventScroll: true });
  }

  #paint() {
    keep(this.#shown);
    const cards = new Map([...this.#list.children].map((card) => [card.notice, card]));
    // What stands there already is not touched: a screen reader says only what is new.
    for (const [notice, card] of cards) if (!this.#shown.includes(notice)) card.remove();
    for (const notice of this.#shown.filter((one) => !cards.has(one))) {
      const card = h("div", { class: "teacher-card" },
        icon("teacher"),
        h("div", { class: "teacher-words" },
          h("p", { class: "teacher-from" }, t(notice.to === "you" ? "notice_you" : "notice_class")),
          h("p", { dir: "auto" }, notice.words)),
        h("button", { type: "button", class: "plain", "aria-label": t("notice_close"), onclick: () => this.#close(notice) }, icon("close")));
      card.notice = notice;
      this.#list.append(card);
    }
    this.#list.hidden = !this.#shown.length;
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(NOTICES) ?? "[]");
  } catch {
    return [];
  }
}

function keep(notices) {
  try {
    sessionStorage.setItem(NOTICES, JSON.stringify(notices));
  } catch {
    // Storage is not allowed here: a card is then gone when the page is loaded again.
  }
}

// ---- what is the student's own

/** The sheet of who this is: what they know, what they can keep, and the way out. */
export function openMe(me, client) {
  const base = `/api/sessions/${encodeURIComponent(client)}`;
  const known = h("div", { class: "me-known" }, h("p", { class: "quiet" }, t("me_looking")));
  const sheet = openSheet(
    me?.name || t("me"),
    h("section", { class: "me-keep", "aria-label": t("me_conversation") },
      h("h3", {}, t("me_conversation")),
      h("a", { class: "soft", href: `${base}/export?format=html`, target: "_blank", rel: "noopener" }, icon("print"), t("me_print")),
      h("a", { class: "soft", href: `${base}/export?format=md`, download: "conversation.md" }, icon("keep"), t("me_text"))),
    me?.login ? h("button", { type: "button", class: "soft me-leave", onclick: signOut }, icon("leave"), t("me_leave")) : "",
    known,
  );
  sheet.dataset.kind = "me";
  paintKnown(known, base);
}

async function paintKnown(place, base) {
  let sections = [];
  try {
    const answer = await fetch(`${base}/progress?format=json`);
    // Who has not begun has no progress to tell of.
    if (!answer.ok && answer.status !== 404) throw new Error(`progress: HTTP ${answer.status}`);
    if (answer.ok) ({ sections = [] } = await answer.json());
  } catch {
    return place.replaceChildren(h("p", { class: "quiet" }, t("me_unknown")));
  }
  place.replaceChildren(progressTable(sections, `${base}/progress?format=csv`));
  if (!sections.length) place.querySelector(".keep")?.remove();
}

async function signOut() {
  try {
    const answer = await fetch("/api/logout", { method: "POST" });
    if (!answer.ok) throw new Error(`sign out: HTTP ${answer.status}`);
  } catch {
    // Without the server nobody can be signed out: the sheet stays, and says so.
    byId("sheet-body").append(h("p", { class: "trouble", role: "alert" }, t("me_stays")));
    return;
  }
  forget();
  closeSheet();
  goToJoin();
}

/** Leaves nothing of this student to the next one at the same device. */
export function forget() {
  try {
    KEPT.forEach((key) => sessionStorage.removeItem(key));
  } catch {
    // Nothing is kept where storage is not allowed.
  }
}
