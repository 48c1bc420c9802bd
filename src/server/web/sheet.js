// The one sheet of the page: slides up on a phone, stands in the middle on a desktop. The browser's own dialog keeps the
// focus inside, closes on Esc and gives the focus back.

import { byId, h } from "./dom.js";
import { t } from "./language.js";

const sheet = byId("sheet");
let opener = null;

byId("sheet-close").addEventListener("click", () => sheet.close());
sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
sheet.addEventListener("close", () => {
  if (opener?.isConnected) opener.focus({ preventScroll: true });
  opener = null;
});

/** Shows a sheet with a title and nodes; returns it, so that `data-kind` can give it a look of its own. */
export function openSheet(title, ...nodes) {
  if (!sheet.open) opener = document.activeElement;
  delete sheet.dataset.kind;
  byId("sheet-title").textContent = title;
  byId("sheet-body").replaceChildren(...nodes);
  if (!sheet.open) sheet.showModal();
  byId("sheet-body").scrollTop = 0;
  byId("sheet-title").focus({ preventScroll: true });
  return sheet;
}

/** Closes the sheet; the focus goes to `focus` where given. */
export function closeSheet(focus) {
  if (focus) opener = focus;
  sheet.close();
}

/** Asks before something that cannot be undone. */
export function confirmSheet(title, words, yes, action) {
  openSheet(
    title,
    h("p", {}, words),
    h("div", { class: "choices" },
      h("button", { type: "button", class: "soft", onclick: () => closeSheet() }, t("keep_it")),
      h("button", { type: "button", class: "solid", onclick: () => (closeSheet(byId("box")), action()) }, yes)),
  );
}

/** A link to this server and nowhere else, or null. */
export function ownLink(url) {
  try {
    const link = new URL(url, location.href);
    return link.origin === location.origin ? link.pathname + link.search + link.hash : null;
  } catch {
    return null;
  }
}
