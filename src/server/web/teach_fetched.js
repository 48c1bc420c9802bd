// A view of something fetched: loaded when first looked at and again after a change; an error is said in the view.

import { h } from "./dom.js";
import { say } from "./teach_words.js";

const REST_MS = 500;

/**
 * `load()` fetches, `draw(data)` shows. Gives `show()` for when the view is opened, `changed(isShown)` for when the server
 * says that it is no longer true, and `again()` to fetch it now.
 */
export function fetched(body, load, draw) {
  let stale = true;
  let running = null;
  let latest = 0;

  async function again() {
    stale = false;
    latest += 1;
    const mine = latest;
    try {
      const data = await load();
      if (mine === latest) draw(data);
    } catch (error) {
      if (mine !== latest) return;
      stale = true;
      body.replaceChildren(h("p", { role: "alert" }, error.message),
        h("button", { type: "button", class: "soft", onclick: again }, say("try_again")));
    }
  }
  const show = () => {
    if (!stale) return;
    if (!body.childElementCount) body.replaceChildren(h("p", { class: "quiet" }, say("loading")));
    running = again();
  };
  const changed = (isShown) => {
    stale = true;
    // Thirty students change much: what comes within a moment is fetched once.
    if (isShown) Promise.resolve(running).then(() => setTimeout(show, REST_MS));
  };
  return { show, changed, again };
}
