// A page of a book as it is printed, drawn by PDF.js, with the words of a quote marked. The library is fetched when the
// first page is opened, and only the parts of the file that the page needs.

import { h, icon } from "./dom.js";
import { t } from "./language.js";
import { findParts } from "./quote.js";

/** A page on paper fits the width at 1. */
const ZOOMS = [1, 1.5, 2, 3];
/** What an old phone can keep of one drawing. */
const MAX_PIXELS = 8e6;
const REDRAW_MS = 150;

const here = (file) => new URL(`./pdfjs/${file}`, import.meta.url).href;
let library = null;
let opened = { url: null, loading: null };

function pdfjs() {
  library ??= import(here("pdf.min.mjs")).then((module) => {
    module.GlobalWorkerOptions.workerSrc = here("pdf.worker.min.mjs");
    return module;
  });
  // A library that did not come is asked for again the next time.
  library.catch(() => (library = null));
  return library;
}

/** The file at `url`; the last one that was opened is kept. */
async function openFile(url) {
  const { getDocument } = await pdfjs();
  if (opened.url === url) return opened.loading.promise;
  opened.loading?.destroy();
  const loading = getDocument({
    url, cMapUrl: here("cmaps/"), cMapPacked: true, standardFontDataUrl: here("standard_fonts/"), wasmUrl: here("wasm/"),
    useWasm: false, isEvalSupported: false, disableAutoFetch: true, disableStream: true,
  });
  opened = { url, loading };
  loading.promise.catch(() => opened.loading === loading && (opened = { url: null, loading: null }));
  return loading.promise;
}

export class Leaf {
  #book = null;
  #at;
  #cited;
  #parts;
  #zoom = 0;
  #drawing = 0;
  #task = null;
  #failed;
  #width = 0;
  #timer = 0;
  #watch;

  /**
   * `file` is the address of the PDF, `page` the cited page from 1, `parts()` promises the quote's parts; `failed()` is
   * called where the page cannot be drawn. `element` is what to show; `close()` ends the work.
   */
  constructor({ file, title, page, parts, failed }) {
    this.#at = this.#cited = page;
    this.#parts = parts;
    this.#failed = failed;
    const button = (name, words, action) => h("button", { type: "button", class: "plain", "data-turn": name, "aria-label": t(words), onclick: action }, icon(name));
    this.back = button("back", "leaf_back", () => this.#go(this.#at - 1));
    this.on = button("forth", "leaf_on", () => this.#go(this.#at + 1));
    this.out = button("out", "leaf_out", () => this.#magnify(-1));
    this.in = button("in", "leaf_in", () => this.#magnify(1));
    this.place = h("p", { class: "leaf-place", role: "status" }, t("leaf_opening"));
    this.paper = h("div", { class: "leaf-paper", dir: "ltr" });
    this.view = h("div", { class: "leaf-view", tabindex: 0, role: "region", "aria-label": title, "aria-busy": "true" }, this.paper);
    this.element = h("section", { class: "leaf", "data-state": "opening" },
      this.view,
      h("div", { class: "leaf-bar", role: "group", "aria-label": t("leaf_turn") }, this.back, this.place, this.on, h("span", { class: "leaf-zoom" }, this.out, this.in)));
    this.#watch = new ResizeObserver(() => this.#resized());
    this.#buttons();
    this.#open(file);
  }

  close() {
    this.#drawing += 1;
    this.#task?.cancel();
    this.#watch.disconnect();
    clearTimeout(this.#timer);
  }

  async #open(file) {
    try {
      this.#book = await openFile(file);
      this.#at = Math.min(Math.max(this.#at, 1), this.#book.numPages);
      this.#watch.observe(this.view);
      await this.#draw();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    if (error?.name === "RenderingCancelledException") return;
    this.element.dataset.state = "failed";
    this.close();
    this.#failed();
  }

  #go(page) {
    if (!this.#book || page < 1 || page > this.#book.numPages) return;
    this.#at = page;
    this.#draw().catch((error) => this.#fail(error));
  }

  #magnify(by) {
    this.#zoom = Math.min(Math.max(this.#zoom + by, 0), ZOOMS.length - 1);
    this.#draw().catch((error) => this.#fail(error));
  }

  #resized() {
    if (Math.abs(this.view.clientWidth - this.#width) < 2 || !this.view.clientWidth) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw().catch((error) => this.#fail(error)), REDRAW_MS);
  }

  /** The page in its present size; a drawing that was begun before is given up. */
  async #draw() {
    this.#drawing += 1;
    const mine = this.#drawing;
    const stale = () => mine !== this.#drawing;
    this.#task?.cancel();
    this.#buttons();
    this.view.setAttribute("aria-busy", "true");
    const { TextLayer } = await pdfjs();
    const page = await this.#book.getPage(this.#at);
    if (stale()) return;
    this.#width = this.view.clientWidth;
    const whole = page.getViewport({ scale: 1 });
    const viewport = page.getViewport({ scale: (this.#width / whole.width) * ZOOMS[this.#zoom] });
    const canvas = h("canvas", { "aria-hidden": "true" });
    const ratio = Math.min(devicePixelRatio || 1, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)));
    Object.assign(canvas, { width: Math.floor(viewport.width * ratio), height: Math.floor(viewport.height * ratio) });
    this.#task = page.render({ canvas, viewport, transform: [ratio, 0, 0, ratio, 0, 0] });
    await this.#task.promise;
    const words = h("div", { class: "leaf-words" });
    const layer = new TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport });
    const parts = this.#at === this.#cited ? await this.#parts() : [];
    if (stale()) return;
    this.paper.style.setProperty("--total-scale-factor", viewport.scale);
    Object.assign(this.paper.style, { width: `${viewport.width}px`, height: `${viewport.height}px` });
    this.paper.replaceChildren(canvas, words);
    await layer.render();
    if (stale()) return;
    this.#mark(layer, parts);
    this.element.dataset.state = "shown";
    this.view.setAttribute("aria-busy", "false");
    this.place.textContent = t("leaf_place", { page: this.#at, total: this.#book.numPages });
    page.cleanup();
  }

  /** Lays a marker's colour under the words of the quote and brings the first of them into view. */
  #mark(layer, parts) {
    const paper = this.paper.getBoundingClientRect();
    const places = findParts(layer.textContentItemsStr, parts);
    const marks = places.flatMap(({ piece, start, end }) => {
      const text = layer.textDivs[piece]?.firstChild;
      if (!text) return [];
      const range = document.createRange();
      range.setStart(text, Math.min(start, text.length));
      range.setEnd(text, Math.min(end, text.length));
      return [...range.getClientRects()];
    });
    this.paper.querySelector("canvas").after(...marks.map((box) => {
      const mark = h("div", { class: "leaf-mark", "aria-hidden": "true" });
      Object.assign(mark.style, {
        left: `${box.left - paper.left}px`, top: `${box.top - paper.top}px`, width: `${box.width}px`, height: `${box.height}px`,
      });
      return mark;
    }));
    this.element.dataset.marks = marks.length;
    const [first] = marks;
    this.view.scrollTo({
      top: first ? first.top - paper.top - this.view.clientHeight / 3 : 0,
      left: first ? first.left - paper.left - 24 : 0,
    });
  }

  #buttons() {
    const last = this.#book?.numPages ?? 1;
    this.back.disabled = !this.#book || this.#at <= 1;
    this.on.disabled = !this.#book || this.#at >= last;
    this.out.disabled = !this.#book || this.#zoom === 0;
    this.in.disabled = !this.#book || this.#zoom === ZOOMS.length - 1;
  }
}
