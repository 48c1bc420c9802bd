// Questions, progress and languages of the page in a real browser, against the stand-in server.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { accessFaults } from "./access.mjs";
import { DESKTOP, kind, newContext, PHONE, picture, SMALL, startBrowser, startServer } from "./harness.mjs";

describe("questions, progress and languages", { concurrency: false, skip: kind !== "stand-in" && "the stand-in asks what the test expects" }, () => {
  let server;
  let browser;
  let view;
  let page;

  before(async () => {
    server = await startServer();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(async () => {
    assert.deepEqual(view.faults, [], "console errors and requests to other hosts");
    await view.context.close();
  });

  async function open(options) {
    view = await newContext(browser, options);
    page = await view.context.newPage();
    await reload(() => page.goto(new URL("/demo", server.url).href));
  }
  async function reload(load) {
    await load();
    await page.locator('#connection[data-state="open"]').waitFor();
  }
  async function turns(count) {
    await page.locator(`.turn[data-state="done"] >> nth=${count - 1}`).waitFor();
    await page.waitForFunction(() => document.querySelector("#status-row").hidden);
  }
  async function say(words) {
    const before = await page.locator(".turn").count();
    await page.locator("#box").fill(words);
    await page.locator("#box").press("Enter");
    await turns(before + 1);
  }
  async function tap(locator) {
    const before = await page.locator(".turn").count();
    await locator.click();
    await turns(before + 1);
  }
  const live = () => page.locator('.card[data-state="live"]');
  /** A card stays live until the reply that closes it is there. */
  const noneLive = () => page.waitForFunction(() => !document.querySelector('.card[data-state="live"]'));
  const button = (words) => live().locator("button", { hasText: words });
  const bubble = () => page.locator(".slip").last().evaluate((slip) => slip.lastChild.textContent);
  const result = () => page.locator(".turn").last().locator(".result").getAttribute("data-result");
  const said = () => page.evaluate(() => fetch(`/api/sessions/${localStorage.getItem("lectern-client")}/said`).then((answer) => answer.json()));
  const accessible = async (where) => assert.deepEqual(await page.evaluate(accessFaults), [], where);

  test("a quiz of all kinds: asked, hinted at, answered with taps, and read again after a reload", async () => {
    await open(PHONE);
    await say("test:quiz");
    assert.equal(await page.locator(".words").last().textContent(), "Here is a short quiz.", "the question is not shown twice");
    assert.match(await live().locator(".prompt").textContent(), /calling \.\(missing word\)\(\)/);
    assert.equal(await page.locator("#box").getAttribute("placeholder"), "Write the missing word");
    assert.ok(await page.locator("#quick").isHidden());
    await accessible("cloze");
    await picture(page, "8-cloze");
    await tap(button("Hint 1 of 4"));
    assert.ok(await button("Hint 2 of 4").isVisible());
    assert.equal(await page.locator(".card").count(), 1, "a question that is asked again is shown once");
    await say("tap");
    assert.equal(await result(), "wrong");
    await say("pipe");
    assert.equal(await result(), "right");

    await accessible("choice");
    await tap(button("A writable stream"));
    assert.deepEqual([await bubble(), await result()], ["B: A writable stream", "right"]);
    assert.equal(await page.locator(".past-options .picked .yours").last().textContent(), "your answer");

    const send = button("Send my answer");
    for (const index of [0, 2]) await live().locator(".option").nth(index).click();
    await button("Undo").click();
    await live().locator(".option").nth(0).click();
    assert.ok(await send.isDisabled());
    for (const index of [1, 2, 0]) await live().locator(".option").nth(index).click();
    await accessible("order");
    await tap(send);
    assert.deepEqual([await bubble(), await result()], ["1. The readable stream gives it\n2. The transform stream changes it\n3. The writable stream takes it", "right"]);

    for (const words of ["takes data", "gives data", "changes data"]) await live().locator(".meanings .option", { hasText: words }).click();
    await live().locator(".terms .option").first().click();
    await live().locator(".meanings .option", { hasText: "gives data" }).click();
    await live().locator(".meanings .option", { hasText: "takes data" }).click();
    await accessible("match");
    await picture(page, "8-match");
    await tap(send);
    assert.deepEqual([await bubble(), await result()], ["readable: gives data\nwritable: takes data\ntransform: changes data", "right"]);

    const shown = await page.locator("#transcript").innerText();
    await reload(() => page.reload());
    await live().waitFor();
    assert.equal(await page.locator("#transcript").innerText(), shown, "the history reads as it was");
    assert.deepEqual((await said()).slice(-4), ["pipe", "B", "2 3 1", "1b 2a 3c"]);
    assert.equal(await page.locator('.card[data-state="past"] button').count(), 0);
    await tap(button("I don’t know"));
    await noneLive();
    assert.ok(await page.locator("#quick button", { hasText: "Review" }).isVisible());
  });

  test("a question in a lesson leaves the lesson's buttons, and a quiz can be left and stopped", async () => {
    await open(DESKTOP);
    await say("teach me about Streams");
    await say("test:check");
    assert.equal(await live().locator(".card-title").textContent(), "Check yourself");
    assert.equal(await button("Stop quiz").count(), 0);
    assert.deepEqual(await page.locator("#quick button").allTextContents(), ["Continue", "Simpler", "Example", "Question"]);
    await accessible("check");
    await tap(page.locator("#lesson-plan"));
    assert.equal(await bubble(), "where are we");
    await say("stop the lesson");
    await tap(page.locator("#quick button", { hasText: "Quiz me" }));
    await tap(button("Skip"));
    assert.equal(await page.locator(".turn").last().locator(".result").count(), 0, "a question that was left is not judged");
    await button("A readable stream").focus();
    await page.keyboard.press("Enter");
    await page.locator('.result[data-result="wrong"]').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "box", "the keyboard goes on in the box");
    await tap(button("Stop quiz"));
    await noneLive();
  });

  test("progress is a table with a bar for every section", async () => {
    await open(PHONE);
    await say("test:progress");
    const rows = await page.locator(".chart-row").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
    assert.deepEqual(rows.map(([, ...rest]) => rest), [
      ["90%", "5 of 5 right", "Review: in 3 days"], ["50%", "2 of 4 right", "Review: today"],
      ["0%", "0 of 1 right", "Review: not planned"], ["75%", "6 of 8 right", "Review: tomorrow"],
    ]);
    assert.equal(await page.getByRole("table", { name: "What you know" }).getByRole("rowheader").count(), 6);
    const [bar, filled] = await page.locator(".bar, .bar-filled").evaluateAll((all) => all.slice(2, 4).map((one) => one.getBoundingClientRect().width));
    assert.ok(Math.abs(filled / bar - 0.5) < 0.03, `${filled} of ${bar}`);
    await accessible("progress");
    await picture(page, "8-progress");
  });

  /** Latin words that the page itself shows or names; what books, tutor and students say has `dir=auto` or is a reply. */
  const latin = () => {
    const found = [];
    const foreign = "[dir=auto], .words, .leaf-words, .languages, #announcer, script, style, h1";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (/[A-Za-z]{2}/.test(node.data) && !element.closest(`${foreign}, noscript, .card-line`)) found.push(node.data.trim());
    }
    for (const element of document.querySelectorAll("[aria-label], [placeholder], [title]")) {
      let words = [element.getAttribute("aria-label"), element.getAttribute("placeholder"), element.title].join(" ");
      for (const inner of element.querySelectorAll("[dir=auto]")) words = words.replace(inner.textContent, "");
      if (/[A-Za-z]{2}/.test(words) && !element.closest(".words")) found.push(words.trim());
    }
    return found;
  };

  test("in Hindi nothing of the page is left in English, and the tutor still hears English", async () => {
    await open({ ...PHONE, locale: "hi-IN" });
    const check = async (where) => {
      assert.deepEqual(await page.evaluate(latin), [], where);
      await accessible(where);
    };
    await page.locator(".cover").first().waitFor();
    assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ["hi", "ltr"]);
    await check("the opening");
    await picture(page, "8-hindi");
    for (const opener of [".cover", "#new-button", "#language-button", "#books-button"]) {
      await page.locator(opener).first().click();
      await page.locator("#sheet[open]").waitFor();
      await check(`the sheet of ${opener}`);
      await page.keyboard.press("Escape");
    }
    await tap(page.locator(".entry").first());
    await tap(page.locator("#quick button").first());
    assert.equal(await bubble(), "आगे बढ़ें");
    await check("a lesson");
    await page.locator(".chip").first().click();
    await check("a citation");
    await page.keyboard.press("Escape");
    for (const words of ["test:check", "test:progress", "test:quiz", "pipe", "B", "test:match", "wrong", "stop the quiz"]) (await say(words), await check(words));
    assert.deepEqual((await said()).slice(0, 2), ["Teach me about Readable streams", "continue"]);
  });

  test("the student chooses another language, and it is kept", async () => {
    await open({ ...SMALL, locale: "de-DE" });
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en", "a language that the page does not speak");
    await say("test:choice");
    for (const [name, code, words] of [["Français", "fr", "Question 2 sur 5"], ["Español", "es", "Pregunta 2 de 5"]]) {
      await page.locator("#language-button").click();
      await page.locator("#sheet button", { hasText: name }).click();
      await page.locator(".card-title", { hasText: words }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), code);
      await page.locator("#language-button").click();
      assert.equal(await page.locator('#sheet [aria-pressed="true"]').textContent(), name);
      await page.keyboard.press("Escape");
      await accessible(name);
    }
    await reload(() => page.reload());
    await page.locator(".card-title", { hasText: "Pregunta 2 de 5" }).waitFor();
    assert.equal(await page.locator("#box").getAttribute("placeholder"), "Toca una respuesta");
  });
});
