// Finding a quote among the pieces of text of a drawn page: runs in Node alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findParts, quoteParts } from "../../src/server/web/quote.js";

/** What is marked: the marked words of every piece. */
function check(pieces, parts, expect) {
  assert.deepEqual(findParts(pieces, parts).map(({ piece, start, end }) => pieces[piece].slice(start, end)), expect);
}

test("spaces, line ends and hyphens do not matter, marks inside do not either", () => {
  check(["Streams move da-", "ta. The next", " one."], ["move data. The"], ["move da", "ta. The"]);
  check(["Streams", " ", "move"], ["Streams  move\n"], ["Streams", "move"]);
  check(["soft\u00adware is “fine”"], ["Software is \"fine\""], ["soft\u00adware is “fine”"]);
});

test("ligatures, capitals and accents are folded, and letters outside the first plane are counted right", () => {
  check(["The ﬁrst ﬂow of CAFÉ"], ["first flow of cafe\u0301"], ["ﬁrst ﬂow of CAFÉ"]);
  check(["a 𝒙 b 𝒙 end"], ["b x end"], ["b 𝒙 end"]);
});

test("other scripts are found as they are", () => {
  check(["नदी का पानी ", "खेतों को सींचता है।"], ["पानी खेतों को सींचता"], ["पानी", "खेतों को सींचता"]);
  check(["الماء يجري", " في النهر"], ["يجري في النهر"], ["يجري", "في النهر"]);
  check(["水从高处", "流向低处。"], ["高处流向低处"], ["高处", "流向低处。"]);
});

test("parts are looked for in order, one after the other", () => {
  check(["a force acts. Later: a force acts again"], ["Later", "a force acts"], ["Later:", "a force acts"]);
});

test("a part that is drawn a little differently is marked from its beginning to its end", () => {
  check(["A body at rest stays at rest 3 unless a net force acts on it."], ["A body at rest stays at rest unless a net force acts on it."],
    ["A body at rest stays at rest 3 unless a net force acts on it."]);
  check(["something else"], ["A body at rest stays at rest unless a force acts"], []);
  check([], ["words"], []);
  check(["..."], ["…"], []);
});

test("the spans of a citation cut its parts out of the text of the page", () => {
  const text = "𝒙 One. Two. Three.";
  assert.deepEqual(quoteParts("One. … Three.", text, [{ start: 2, end: 6 }, { start: 12, end: 18 }]), ["One.", "Three."]);
  assert.deepEqual(quoteParts("One. … Three.", null, [{ start: 0, end: 1 }]), ["One.", "Three."]);
  assert.deepEqual(quoteParts("One.", text, [{ start: 90, end: 95 }]), ["One."]);
});
