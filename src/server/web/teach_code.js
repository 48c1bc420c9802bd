// The class code as big as the screen: for a projector, so it shows how to join and nothing else of the class.

import { byId, h, icon } from "./dom.js";
import { say } from "./teach_words.js";

const poster = byId("poster");

/** Makes the button work. */
export function codeButton(room) {
  byId("code-button").addEventListener("click", () => showPoster(room));
  poster.addEventListener("close", () => poster.replaceChildren());
}

/** Shows the code big, where the class has one. */
export function showPoster(room) {
  if (!room.class?.code) return;
  fill(room.class);
  if (!poster.open) poster.showModal();
}

/** Keeps up with a class whose code changed. */
export function updatePoster(room) {
  byId("code-button").hidden = !room.class.code;
  if (!poster.open) return;
  if (!room.class.code) poster.close();
  else if (poster.dataset.code !== room.class.code) fill(room.class);
}

function fill({ code, join_url: url, join_qr: qr }) {
  poster.dataset.code = code;
  const address = url ? shortAddress(url) : null;
  poster.replaceChildren(
    h("button", { type: "button", class: "plain poster-close", "aria-label": say("close"), onclick: () => poster.close() }, icon("close")),
    h("div", { class: "poster-words" },
      h("h2", { id: "poster-title", tabindex: "-1" }, say("code_title")),
      address ? h("p", {}, say("code_go_to")) : null,
      address ? h("p", { class: "poster-address", dir: "ltr" }, address) : null,
      h("p", {}, say("code_type")),
      h("p", { class: "poster-code", dir: "ltr", "data-letters": code.length },
        h("span", { class: "unseen" }, say("code_spoken", { code: [...code].join(" ") })),
        [...code].map((letter) => h("span", { "aria-hidden": "true" }, letter)))),
    qr ? h("figure", { class: "poster-qr" }, qrImage(qr, url), h("figcaption", {}, say("code_scan"))) : "");
}

/** The drawing as a picture: nothing in it can become part of the page. */
function qrImage(svg, url) {
  return h("img", { src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt: say("qr", { url: url ?? "" }) });
}

/** What has to be typed: `192.168.1.7:8000/join`. */
function shortAddress(url) {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol === "https:" ? "https://" : ""}${host}${pathname}`;
  } catch {
    return url;
  }
}
