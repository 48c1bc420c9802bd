// The student's page in a real browser, against a real server (LECTERN_URL, or LECTERN_BIN to start one) or the stand-in:
// joins, is taught, asks in the middle, opens the page of the book, loses the connection and comes back.
//
//   LECTERN_URL=http://127.0.0.1:8000 npm test       a server that runs already
//   LECTERN_BIN=target/release/lectern npm test      one that is started on an empty data folder (LECTERN_MODELS,
//                                                    LECTERN_CORPUS: its folders, by default those of the repository;
//                                                    LECTERN_DATA: a data folder to begin with, which is copied)
//   npm test                                         the stand-in
//
// CHROMIUM names the browser, SCREENSHOTS a folder for pictures, LECTERN_TOPIC and LECTERN_QUESTION what is said.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { accessFaults } from "./access.mjs";
import { DESKTOP, kind, newContext, PHONE, picture, SMALL, sleep, startBrowser, startServer, startWire } from "./harness.mjs";

const TOPIC = process.env.LECTERN_TOPIC ?? "streams";
const QUESTION = process.env.LECTERN_QUESTION ?? "What does the pipe function do?";
/** A reply of a small model on a slow machine. */
const REPLY_MS = Number(process.env.LECTERN_REPLY_MS ?? (kind === "stand-in" ? 15000 : 120000));

let server;
let wire;
let browser;

before(async () => {
  server = await startServer();
  wire = await startWire(server.url);
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await wire?.stop();
  await server?.stop();
});

const questions = (page) => page.locator(".slip").evaluateAll((slips) => slips.map((slip) => slip.lastChild.textContent));
const replies = (page) => page.locator(".page .words").evaluateAll((words) => words.map((word) => word.textContent));
const connected = (page) => page.locator('#connection[data-state="open"]').waitFor({ timeout: 30000 });
const accessible = async (page, where) => assert.deepEqual(await page.evaluate(accessFaults), [], where);

async function open(context) {
  const page = await context.newPage();
  await page.goto(`${wire.url}/demo`);
  await connected(page);
  return page;
}

async function say(page, words) {
  await page.locator("#box").fill(words);
  await page.locator("#box").press("Enter");
}

const done = (page, turns) => page.locator(`.turn[data-state="done"] >> nth=${turns - 1}`);

/** Waits until this many turns have their whole replies. */
async function replied(page, turns) {
  await done(page, turns).waitFor({ timeout: REPLY_MS });
}

/** Waits until words are being written, or are there already. */
async function writing(page, turns) {
  await page.locator('#status-row:not([hidden])[data-state="writing"]').or(done(page, turns)).first().waitFor({ timeout: REPLY_MS });
}

describe(`the student's page (${kind} server)`, { concurrency: false }, () => {
  let phone;
  let page;

  before(async () => {
    phone = await newContext(browser, PHONE);
    page = await open(phone.context);
  });
  after(() => phone?.context.close());
  afterEach(() => assert.deepEqual(phone.faults.splice(0), [], "console errors and requests to other hosts"));

  test("a student joins and is shown the books of the class", async () => {
    await page.locator(".cover").first().waitFor();
    await page.locator("#opening-title").waitFor();
    assert.match(await page.locator("#connection").textContent(), /Connected/);
    const id = await page.evaluate(() => localStorage.getItem("lectern-client"));
    assert.match(id, /^s-[0-9a-f]{12}$/);
    await accessible(page, "the opening");
    await picture(page, "1-opening");
    await page.locator(".cover").first().tap();
    await page.locator("#sheet[open] a").waitFor();
    await accessible(page, "the sheet of a book");
    await page.keyboard.press("Escape");
    await page.locator("#sheet[open]").waitFor({ state: "hidden" });
  });

  test("the policy of the page allows nothing from elsewhere and no script in the text", async () => {
    const answer = await page.request.get(`${wire.url}/demo`);
    const policy = answer.headers()["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe-|\*|https?:/);
    for (const [file, type] of [["app.js", "text/javascript"], ["style.css", "text/css"], ["icon.svg", "image/svg+xml"], ["manifest.webmanifest", "application/manifest+json"]]) {
      const part = await page.request.get(`${wire.url}/demo/${file}`);
      assert.equal(part.status(), 200, file);
      assert.equal(part.headers()["content-type"].split(";")[0], type, file);
      assert.equal(part.headers()["x-content-type-options"], "nosniff", file);
    }
  });

  test("the student is taught, word by word, with the page cited and the place in the lesson shown", async () => {
    await say(page, `teach me about ${TOPIC}`);
    await writing(page, 1);
    await replied(page, 1);
    assert.deepEqual(await questions(page), [`teach me about ${TOPIC}`]);
    assert.ok((await replies(page))[0].length > 40, "the lesson has words");
    await page.locator("#lesson").waitFor();
    assert.match(await page.locator("#lesson-step").textContent(), /^Step 1 of \d+/);
    assert.ok(await page.locator(".turn .chip").count(), "the lesson cites a page");
    await page.locator("#quick button", { hasText: "Continue" }).waitFor();
    assert.match(await page.locator("#announcer").textContent(), /\w/, "the reply is announced once it is whole");
    await accessible(page, "the lesson");
    await picture(page, "2-lesson");
  });

  test("a question in the middle is answered from the book, and the quote and its page can be opened", async () => {
    await say(page, QUESTION);
    await writing(page, 2);
    await picture(page, "3-writing");
    await replied(page, 2);
    await picture(page, "4-answer");
    const chip = page.locator(".turn").last().locator(".chip").first();
    await chip.tap();
    await page.locator('.leaf[data-state="shown"]').waitFor({ timeout: 30000 });
    assert.ok(Number(await page.locator(".leaf").getAttribute("data-marks")) > 0, "the quote is marked on the page");
    await accessible(page, "the page of a citation");
    await page.locator('[data-view="words"]').tap();
    await page.locator("#sheet[open] blockquote").waitFor();
    assert.ok((await page.locator("#sheet blockquote").textContent()).length > 10, "the quote has words");
    const link = page.locator("#sheet a");
    const href = await link.getAttribute("href");
    assert.match(href, /^\/api\/books\/[^/]+\/file#page=\d+$/);
    assert.equal(await link.getAttribute("target"), "_blank");
    await accessible(page, "the sheet of a citation");
    await picture(page, "5-citation");
    const answer = await page.evaluate(async (url) => {
      const part = await fetch(url, { headers: { range: "bytes=0-4" } });
      return [part.status, await part.text(), part.headers.get("content-type")];
    }, href);
    assert.deepEqual(answer, [206, "%PDF-", "application/pdf"]);
    await page.keyboard.press("Escape");
    await page.locator("#sheet[open]").waitFor({ state: "hidden" });
    assert.ok(await chip.evaluate((element) => element === document.activeElement), "the focus is back on the chip");
    assert.match(await page.locator("#lesson-step").textContent(), /^Step 1 of \d+/, "the lesson stands where it stood");
  });

  test("the lesson goes on with a button", async () => {
    await page.locator("#quick button", { hasText: "Continue" }).tap();
    await replied(page, 3);
    assert.equal((await questions(page))[2], "continue");
    assert.match(await page.locator("#lesson-step").textContent(), /^Step 2 of \d+/);
  });

  test("the connection is lost in the middle of a reply: it comes back, nothing is lost and nothing doubled", async () => {
    const asked = [...(await questions(page)), "continue"];
    await phone.outage(async () => {
      await say(page, "continue");
      await writing(page, 4);
      wire.cut();
      await page.locator('#connection[data-state="lost"]').waitFor();
      await page.locator("#box").fill("and a question that waits");
      await picture(page, "6-lost");
      await sleep(1000);
      wire.mend();
      await connected(page);
    });
    assert.equal(await page.locator("#box").inputValue(), "and a question that waits", "what was typed is kept");
    await page.locator("#box").fill("");
    await replied(page, 4);
    assert.deepEqual(await questions(page), asked);
    await page.reload();
    await connected(page);
    await replied(page, 4);
    assert.deepEqual(await questions(page), asked, "the history is kept on reload");
    await page.locator("#lesson").waitFor();
  });

  test("the server is killed and started again: the student is back in the lesson", { skip: kind === "given" && "the server is not ours to kill" }, async () => {
    const asked = await questions(page);
    await phone.outage(async () => {
      await server.restart();
      await connected(page);
    });
    await replied(page, asked.length);
    assert.deepEqual(await questions(page), asked);
    await say(page, "continue");
    await replied(page, asked.length + 1);
    await page.locator("#lesson").waitFor();
  });

  test("the server is killed in the middle of a reply: the student is told, and can ask again", { skip: kind === "given" && "the server is not ours to kill" }, async () => {
    const asked = await questions(page);
    await phone.outage(async () => {
      await say(page, "explain more simply");
      await writing(page, asked.length + 1);
      await server.restart();
      await connected(page);
    });
    const again = page.locator(".trouble button", { hasText: "Ask again" });
    await again.or(done(page, asked.length + 1)).first().waitFor();
    if (await again.isVisible()) await again.tap();
    await replied(page, asked.length + 1);
    assert.deepEqual(await questions(page), [...asked, "explain more simply"]);
    await page.reload();
    await connected(page);
    await replied(page, asked.length + 1);
    assert.deepEqual(await questions(page), [...asked, "explain more simply"], "and it is shown once");
  });

  test("another tab takes over, and this one can take back", async () => {
    const other = await open(phone.context);
    const notice = page.locator("#notice", { hasText: "another tab" });
    await notice.waitFor();
    await notice.locator("button").tap();
    await connected(page);
    await other.locator("#notice", { hasText: "another tab" }).waitFor();
    await other.close();
  });

  test("the page holds at 320 and at 1280 pixels, by day and by night", async () => {
    const state = await phone.context.storageState();
    for (const [options, colorScheme, name] of [[DESKTOP, "light", "7-desk"], [DESKTOP, "dark", "7-desk-night"], [SMALL, "light", "7-small"], [PHONE, "dark", "7-phone-night"]]) {
      const { context, faults } = await newContext(browser, { ...options, colorScheme, storageState: state });
      const view = await open(context);
      await view.locator(".page").first().waitFor();
      await sleep(200);
      await accessible(view, name);
      await picture(view, name);
      await view.locator(".chip").last().click();
      await view.locator("#sheet[open] blockquote").waitFor();
      await accessible(view, `${name}, the sheet`);
      await picture(view, `${name}-citation`);
      assert.deepEqual(faults, [], name);
      await context.close();
    }
    await page.locator("#notice button").tap();
    await connected(page);
  });

  test("a new conversation begins only when the student is sure", async () => {
    await page.locator("#new-button").tap();
    await page.locator("#sheet[open] button", { hasText: "Keep it" }).tap();
    assert.ok((await questions(page)).length > 0);
    await page.locator("#new-button").tap();
    await page.locator("#sheet[open] button", { hasText: "Start new" }).tap();
    await page.locator("#opening-title").waitFor();
    assert.deepEqual(await questions(page), []);
    assert.ok(await page.locator("#lesson").isHidden());
    await page.reload();
    await connected(page);
    await page.locator("#opening-title").waitFor();
  });

  describe("what a real server does rarely", { skip: kind !== "stand-in" && "only the stand-in does it when asked" }, () => {
    test("overloaded: tried again by itself", async () => {
      await say(page, "test:overloaded");
      await page.locator("#status", { hasText: "Many students" }).waitFor();
      await replied(page, 1);
      assert.deepEqual(await questions(page), ["test:overloaded"]);
    });

    test("the place in line is shown", async () => {
      await say(page, "test:queue");
      await page.locator("#status", { hasText: "Waiting: number 3 in line" }).waitFor();
      await page.locator("#status", { hasText: "Waiting: you are next" }).waitFor();
      await replied(page, 2);
    });

    test("a reply is stopped", async () => {
      await say(page, "test:long");
      await page.locator('#status-row[data-state="writing"]').waitFor();
      await page.locator("#stop").tap();
      await page.locator(".end", { hasText: "You stopped this reply." }).waitFor();
      assert.ok(await page.locator("#status-row").isHidden());
    });

    test("what books and students write stays text, and the marks of Markdown become what they mean", async () => {
      await say(page, "test:markdown <script>document.title='broken'</script>");
      await replied(page, 4);
      await say(page, "test:markdown");
      await replied(page, 5);
      const last = page.locator(".turn").last().locator(".words");
      const count = (selector) => last.locator(selector).count();
      assert.equal(await page.title(), "Lectern");
      assert.equal(await count("img, script"), 0);
      assert.deepEqual(await Promise.all(["h4", "strong", "em", "code", "blockquote", "ul li", "ol li", "pre"].map(count)), [1, 1, 1, 2, 1, 4, 2, 1]);
      assert.match(await last.textContent(), /2\*3\*4 is a product/);
      assert.equal(await count(".marker"), 4);
      assert.match(await last.textContent(), /\(p\. 99\)/, "a page that is not cited stays words");
      await last.locator(".marker", { hasText: "7-12" }).tap();
      await page.locator("#sheet[open] .cited-page", { hasText: "p. 7-12" }).waitFor();
      await page.keyboard.press("Escape");
      await last.locator(".marker").last().tap();
      await page.locator("#sheet[open] .cited-page", { hasText: "p. iv" }).waitFor();
      await page.keyboard.press("Escape");
    });

    test("what the tutor proposes is said with a tap", async () => {
      await say(page, "hello");
      await replied(page, 6);
      await page.locator(".suggestion").first().tap();
      await replied(page, 7);
      assert.equal((await questions(page))[6], "teach me about Readable streams");
    });

    test("an error is said in words and can be tried again", async () => {
      await say(page, "test:internal");
      await page.locator(".trouble", { hasText: "Something went wrong with this reply" }).locator("button", { hasText: "Try again" }).waitFor();
      await accessible(page, "an error");
    });
  });
});
