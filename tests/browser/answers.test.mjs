// Answers and words, without a browser: what is sent is what is read back, and the page has words in every language.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const web = new URL("../../src/server/web/", import.meta.url);
const source = (name) => readFileSync(new URL(name, web), "utf8");
const load = (name) => import(`data:text/javascript,${encodeURIComponent(source(name))}`);
const { matchMessage, orderMessage, promptPieces, readable, SAID, wordsOf } = await load("answers.js");
const { LANGUAGES, STRINGS } = await load("strings.js");

const choice = { kind: "choice", options: ["hills", "rivers"], terms: [] };
const order = { kind: "order", options: ["rain", "sea", "river"], terms: [] };
const match = { kind: "match", terms: ["delta", "source"], options: ["beginning", "end"] };

test("an answer is shown with the words that its letters and numbers stand for", () => {
  for (const [message, quiz, expect] of [
    ["B", choice, "B: rivers"],
    [" b ", choice, "B: rivers"],
    ["C", choice, null],
    ["hint", choice, null],
    [orderMessage([0, 2, 1]), order, "1. rain\n2. river\n3. sea"],
    ["1 1 2", order, null],
    ["1 2", order, null],
    [matchMessage([1, 0]), match, "delta: end\nsource: beginning"],
    ["1b", match, null],
    ["1b 2z", match, null],
    ["B", { kind: "cloze", options: [], terms: [] }, null],
    ["B", null, null],
  ]) assert.equal(readable(message, quiz), expect, message);
  assert.deepEqual([orderMessage([1, 0, 2]), matchMessage([1, 0, 2])], ["2 1 3", "1b 2a 3c"]);
});

test("the question for plain clients is not shown twice, and a rule in other words stays", () => {
  const text = "Words.\n\n---\n\nWhat is it?\n- A. this";
  for (const [turn, expect] of [
    [{ text, quiz: choice, state: "done" }, "Words."],
    [{ text, quiz: null, state: "writing" }, "Words."],
    [{ text, quiz: null, state: "done" }, text],
    [{ text: "Words.", quiz: choice, state: "done" }, "Words."],
    [{ text: "One\n---\nTwo\n---\nWhat?", quiz: choice, state: "done" }, "One\n---\nTwo"],
    [{ text: "---\n\nWhat?", quiz: choice, state: "done" }, ""],
  ]) assert.equal(wordsOf(turn), expect);
  assert.deepEqual(promptPieces("A ____ flows."), ["A ", null, " flows."]);
  assert.deepEqual(promptPieces("____ and snake_case"), [null, " and snake_case"]);
});

const ALL = { ...STRINGS, ...(await load("join_strings.js")).CLASS_STRINGS };

test("every key has its words in every language, with the same gaps, and is used", () => {
  const code = readdirSync(web).filter((name) => /\.(js|html)$/.test(name) && !name.endsWith("strings.js")).map(source).join("\n");
  const gaps = (words) => [...new Set(words.match(/\{\w+\}/g))].sort();
  for (const [key, row] of Object.entries(ALL)) {
    assert.equal(row.length, LANGUAGES.length, key);
    for (const [index, words] of row.entries()) {
      const forms = typeof words === "string" ? [words] : Object.values(words);
      for (const form of forms) {
        assert.ok(form.trim(), `${key}, ${LANGUAGES[index].code}`);
        assert.deepEqual(gaps(form), gaps(typeof row[0] === "string" ? row[0] : row[0].other), `${key}, ${LANGUAGES[index].code}`);
      }
      if (typeof words === "string") continue;
      const plurals = new Intl.PluralRules(LANGUAGES[index].code).resolvedOptions().pluralCategories.filter((one) => one !== "many");
      assert.deepEqual(Object.keys(words).sort(), plurals.sort(), `${key}, ${LANGUAGES[index].code}`);
    }
    const [stem] = key.split("_");
    assert.ok(code.includes(`"${key}"`) || code.includes(`\`${stem}_\${`), `${key} is used`);
  }
  for (const [, key] of code.matchAll(/(?:\bt\(|data-say(?:-label)?=)"(\w+)"/g)) assert.ok(ALL[key], `${key} has words`);
});

test("a button's message is its English words", () => {
  for (const [name, message] of Object.entries(SAID)) assert.equal(STRINGS[`said_${name}`][0], message);
});
