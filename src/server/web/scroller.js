// Where the page stands while words arrive: it follows the new reply until the question reaches the top of the view, then
// holds still so that the reader reads from the beginning. Any scrolling by hand ends that.

const NEAR = 48;
const GAP = 12;

export class Scroller {
  #view;
  #button;
  #target = null;
  #held = null;
  #more = false;

  constructor(view, button) {
    this.#view = view;
    this.#button = button;
    for (const kind of ["wheel", "touchmove"]) view.addEventListener(kind, () => this.#release(), { passive: true });
    view.addEventListener("keydown", (event) => /^(Page|Arrow|Home|End| )/.test(event.key) && this.#release());
    view.addEventListener("scroll", () => this.#showButton(), { passive: true });
    button.addEventListener("click", () => {
      this.#release();
      view.scrollTo({ top: view.scrollHeight, behavior: calm() ? "auto" : "smooth" });
    });
  }

  /** From now on keeps what `element()` returns in view. */
  follow(element) {
    this.#target = element;
  }

  /** As `follow`, for a turn. */
  followTurn(turn, elementOf) {
    this.follow(() => elementOf(turn));
  }

  /** Keeps what is on the screen where it is while older turns are put before it. */
  hold() {
    this.#release();
    this.#held = this.#view.scrollHeight - this.#view.scrollTop;
  }

  /** To be called after every change of the content; `talking` once there are turns. */
  settle({ talking } = {}) {
    if (talking !== undefined) this.#more = talking;
    const view = this.#view;
    const element = this.#target?.();
    if (element) {
      const top = element.getBoundingClientRect().top - view.getBoundingClientRect().top + view.scrollTop;
      view.scrollTop = Math.min(view.scrollHeight - view.clientHeight, top - GAP);
    } else if (this.#held !== null && view.scrollHeight > this.#held + view.scrollTop) {
      view.scrollTop = view.scrollHeight - this.#held;
      this.#held = null;
    }
    this.#showButton();
  }

  #release() {
    this.#target = null;
  }

  #showButton() {
    const view = this.#view;
    this.#button.hidden = !this.#more || view.scrollHeight - view.clientHeight - view.scrollTop < NEAR;
  }
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
