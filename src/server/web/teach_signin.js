// Signing in and out, and the teacher's password.

import { byId, h, icon } from "./dom.js";
import { closeSheet } from "./sheet.js";
import { ask } from "./teach_api.js";
import { busy, field, setTrouble, showSheet, tellTeacher, troubleLine } from "./teach_parts.js";
import { say } from "./teach_words.js";

const MIN_PASSWORD = 8;

function passwordInput(autocomplete) {
  return h("input", { type: "password", class: "input", autocomplete, spellcheck: "false", autocapitalize: "off", required: true });
}

/** Asks for the password instead of showing the class. */
export function showGate(me, signedIn) {
  const input = passwordInput("current-password");
  const trouble = troubleLine();
  const button = h("button", { type: "submit", class: "solid wide" }, say("sign_in"));
  const submit = (event) => {
    event.preventDefault();
    if (!input.value) return setTrouble(trouble, say("password_empty"));
    busy(button, trouble, async () => {
      try {
        await ask("POST", "/api/login", { password: input.value });
      } catch (error) {
        input.select();
        throw error.status === 401 ? new Error(say("password_wrong")) : error;
      }
      signedIn();
    });
  };
  byId("gate").hidden = false;
  byId("gate").replaceChildren(
    h("form", { class: "gate-card", novalidate: true, onsubmit: submit },
      icon("mark"),
      h("h1", {}, say("sign_in_title")),
      h("p", { class: "quiet" }, say("sign_in_note")),
      me.role === "student" ? h("p", { class: "note", dir: "auto" }, say("signed_in_as_student", { name: me.name })) : null,
      field(say("password"), input),
      trouble,
      button,
      h("a", { class: "plain", href: "/join" }, say("to_join"))));
  input.focus();
}

/** The sheet of the account: sign out, change the password. */
export function openAccount(me) {
  if (!me.login) return showSheet(say("account"), {}, h("p", {}, say("open_server")));
  const [old, fresh, again] = [passwordInput("current-password"), passwordInput("new-password"), passwordInput("new-password")];
  const trouble = troubleLine();
  const change = h("button", { type: "submit", class: "solid" }, say("change_password"));
  const out = h("button", { type: "button", class: "soft", onclick: () => busy(out, outTrouble, signOut) }, say("sign_out"));
  const outTrouble = troubleLine();
  const submit = (event) => {
    event.preventDefault();
    const wrong = passwordFault(fresh.value, again.value);
    if (wrong) return setTrouble(trouble, wrong);
    busy(change, trouble, async () => {
      try {
        await ask("POST", "/api/password", { old: old.value, new: fresh.value });
      } catch (error) {
        throw error.status === 401 ? new Error(say("password_old_wrong")) : error;
      }
      closeSheet();
      tellTeacher(say("password_changed"));
    });
  };
  showSheet(say("account"), {},
    h("section", { class: "part" }, h("p", { class: "quiet" }, say("sign_out_note")), outTrouble, out),
    h("form", { class: "part", novalidate: true, onsubmit: submit },
      h("h3", {}, say("change_password")),
      field(say("password_old"), old),
      field(say("password_new"), fresh, say("password_rule")),
      field(say("password_again"), again),
      trouble,
      h("div", { class: "choices" }, change)));
}

function passwordFault(fresh, again) {
  if ([...fresh].length < MIN_PASSWORD) return say("password_short");
  return fresh === again ? null : say("password_differs");
}

async function signOut() {
  await ask("POST", "/api/logout");
  location.reload();
}
