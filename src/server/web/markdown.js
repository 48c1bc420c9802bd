// Markdown of the simplest kind: paragraphs, headings, quotes, lists, fenced code, bold, italic, code, and the marks
// `[1]` and `(p. 12)` that point at citations. `parse` is pure; `render` builds nodes, never HTML.

import { h } from "./dom.js";

const FENCE = /^\s*```/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const QUOTE = /^\s{0,3}>\s?/;
const BULLET = /^\s{0,6}[-*•+]\s+/;
const NUMBER = /^\s{0,6}(\d{1,4})[.)]\s+/;
const RULE = /^\s{0,3}([-*_])\s*(\1\s*){2,}$/;
const MAX_DEPTH = 4;

/** The blocks of a text. Every character but the marks themselves is in exactly one of them, in order. */
export function parse(text, depth = 0) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) at += 1;
    else if (FENCE.test(line)) at = fence(lines, at, blocks);
    else if (RULE.test(line)) (blocks.push({ type: "rule" }), (at += 1));
    else if (HEADING.test(line)) {
      const [, marks, words] = HEADING.exec(line);
      blocks.push({ type: "heading", level: marks.length, text: words });
      at += 1;
    } else if (QUOTE.test(line) && depth < MAX_DEPTH) at = quote(lines, at, blocks, depth);
    else if (BULLET.test(line)) at = list(lines, at, blocks, BULLET, "bullets");
    else if (NUMBER.test(line)) at = list(lines, at, blocks, NUMBER, "numbers");
    else at = paragraph(lines, at, blocks);
  }
  return blocks;
}

function fence(lines, start, blocks) {
  let end = start + 1;
  while (end < lines.length && !FENCE.test(lines[end])) end += 1;
  blocks.push({ type: "code", text: lines.slice(start + 1, end).join("\n") });
  return end + 1;
}

function quote(lines, start, blocks, depth) {
  let end = start;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(start, end).map((line) => line.replace(QUOTE, "")).join("\n");
  blocks.push({ type: "quote", blocks: parse(inner, depth + 1) });
  return end;
}

function list(lines, start, blocks, mark, type) {
  const items = [];
  let end = start;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    if (mark.test(line)) items.push(line.replace(mark, ""));
    else if (line.trim() && /^\s{2,}/.test(line)) items[items.length - 1] += `\n${line.trim()}`;
    else if (line.trim() || end + 1 >= lines.length || !mark.test(lines[end + 1])) break;
  }
  const first = type === "numbers" ? Number(NUMBER.exec(lines[start])[1]) : 1;
  blocks.push({ type, first, items });
  return end;
}

function paragraph(lines, start, blocks) {
  const starts = (line) => [FENCE, HEADING, QUOTE, BULLET, RULE].some((mark) => mark.test(line)) || /^\s*1[.)]\s+/.test(line);
  let end = start + 1;
  while (end < lines.length && lines[end].trim() && !starts(lines[end])) end += 1;
  blocks.push({ type: "paragraph", text: lines.slice(start, end).map((line) => line.trim()).join("\n") });
  return end;
}

// The alternatives are tried at each place in this order; what matches none is plain text.
const INLINE = [
  ["code", /^`([^`\n]+)`/],
  ["bold", /^\*\*(?=\S)([^\n]*?\S)\*\*/],
  ["italic", /^\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\p{L}\p{N}])/u],
  ["mark", /^\[(\d{1,2})\]/],
  ["page", /^[([](?:[^()[\]\n]{1,120}?[,:;]\s?)?(?:pp?\.|page)\s?([\p{L}\p{N}][^()[\]\n]{0,23})[)\]]/u],
];

/** The pieces of a line: strings, and `{type, text, raw}` for what is marked up. */
export function parseInline(text) {
  const pieces = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const found = match(text, at);
    if (found) {
      if (plain) pieces.push(plain);
      plain = "";
      pieces.push(found);
      at += found.raw.length;
    } else {
      const escaped = text[at] === "\\" && /[*`\\>[\]#_-]/.test(text[at + 1] ?? "");
      plain += escaped ? text[at + 1] : text[at];
      at += escaped ? 2 : 1;
    }
  }
  if (plain) pieces.push(plain);
  return pieces;
}

function match(text, at) {
  if (!"`*[(".includes(text[at])) return null;
  // `2*3*4` is a product, not emphasis.
  const insideWord = at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]);
  const rest = text.slice(at);
  for (const [type, pattern] of INLINE) {
    if (type === "italic" && insideWord) continue;
    const found = pattern.exec(rest);
    if (found) return { type, text: found[1], raw: found[0] };
  }
  return null;
}

/**
 * Nodes for a text. `cite(piece)` is asked for every `[1]` and `(p. 12)`, `suggest(item)` for every item of a list with
 * bullets: the node to put there, or null to leave it as the words it is.
 */
export function render(text, cite, suggest = () => null) {
  return parse(text).map((block) => renderBlock(block, cite, suggest));
}

function renderBlock(block, cite, suggest) {
  switch (block.type) {
    case "rule":
      return h("hr");
    case "code":
      return h("pre", { tabindex: "0", dir: "ltr" }, h("code", {}, block.text));
    case "heading":
      return h(block.level <= 2 ? "h3" : "h4", { dir: "auto" }, renderInline(block.text, cite));
    case "quote":
      return h("blockquote", { dir: "auto" }, block.blocks.map((inner) => renderBlock(inner, cite, suggest)));
    case "bullets":
      return h("ul", { dir: "auto" }, block.items.map((item) => h("li", {}, suggest(item) ?? renderInline(item, cite))));
    case "numbers":
      return h("ol", { dir: "auto", start: block.first }, block.items.map((item) => h("li", {}, renderInline(item, cite))));
    default:
      return h("p", { dir: "auto" }, renderInline(block.text, cite));
  }
}

function renderInline(text, cite, depth = 0) {
  const pieces = parseInline(text);
  const nodes = [];
  for (let at = 0; at < pieces.length; at += 1) {
    const piece = pieces[at];
    const marker = piece.type === "mark" || piece.type === "page" ? cite(piece) : null;
    if (typeof piece === "string") nodes.push(...withBreaks(piece));
    else if (marker) {
      // The stop after a marker never begins a line of its own.
      const [stop] = /^[.,;:!?)]+/.exec(typeof pieces[at + 1] === "string" ? pieces[at + 1] : "") ?? [""];
      if (stop) pieces[at + 1] = pieces[at + 1].slice(stop.length);
      nodes.push(h("span", { class: "glued" }, marker, stop));
    } else if (piece.type === "code") nodes.push(h("code", {}, piece.text));
    else if (depth >= MAX_DEPTH || piece.type === "mark" || piece.type === "page") nodes.push(piece.raw);
    else nodes.push(h(piece.type === "bold" ? "strong" : "em", {}, renderInline(piece.text, cite, depth + 1)));
  }
  return nodes;
}

function withBreaks(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}
