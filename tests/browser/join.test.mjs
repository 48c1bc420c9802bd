// Joining the class, and what the teacher does there, in a real browser against the stand-in server.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { accessFaults } from "./access.mjs";
import { DESKTOP, kind, newContext, PHONE, picture, SMALL, startBrowser, startServer } from "./harness.mjs";

describe("joining and being in a class", { concurrency: false, skip: kind !== "stand-in" && "the stand-in has the class that the test expects" }, () => {
  let server;
  let browser;
  let view;
  let page;

  before(async () => {
    server = await startServer("--login");
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(async () => {
    // A wrong code and wrong pictures are answered with an error, which the browser notes.
    assert.deepEqual(view.faults.filter((fault) => !/status of 4\d\d|WebSocket/.test(fault)), []);
    await view.context.close();
  });

  const address = (path) => new URL(path, server.url).href;
  const drive = (what) => fetch(address("/test/class"), { method: "POST", body: JSON.stringify(what) });
  const accessible = async (where) => assert.deepEqual(await page.evaluate(accessFaults), [], where);
  const title = (words) => page.locator("h1", { hasText: words }).waitFor();
  const connected = () => page.locator('#connection[data-state="open"]').waitFor();
  async function open(options, path = "/join?code=k7m3qd") {
    view = await newContext(browser, options);
    page = await view.context.newPage();
    await page.goto(address(path));
  }
  async function show(...pictures) {
    for (const id of pictures) await page.locator(`[data-picture="${id}"]`).click();
  }
  async function asAsha(options) {
    await open(options);
    await page.getByRole("button", { name: "Asha", exact: true }).click();
    await show("sun", "fish", "tree");
    await connected();
  }

  test("without a token the student's page leads to the join page; a wrong code is said kindly", async () => {
    await open(PHONE, "/demo");
    await page.waitForURL("**/join");
    await title("Join your class");
    await accessible("the code");
    await picture(page, "9-code");
    await page.locator("#code").fill("wrong");
    await page.keyboard.press("Enter");
    await page.locator("#trouble", { hasText: "There is no class with this code" }).waitFor();
    await page.locator("#code").fill("k7m 3qd");
    await page.keyboard.press("Enter");
    await title("Who are you?");
    await accessible("the names");
    await picture(page, "9-names");
  });

  test("who is known shows the pictures; wrong ones are said kindly and can be tried again", async () => {
    await open(PHONE);
    await page.locator("#name").fill("asHa");
    assert.equal(await page.locator(".join-person").count(), 1, "the list follows what is typed");
    await page.keyboard.press("Enter");
    await title("Hello, Asha");
    await accessible("the pictures");
    await picture(page, "9-pictures");
    await show("sun", "fish", "kite");
    await page.locator("#trouble", { hasText: "These are not the pictures of Asha" }).waitFor();
    await show("moon");
    await page.locator("#undo").click();
    await show("sun", "fish", "tree");
    await connected();
    assert.equal(await page.locator("#who").textContent(), "Asha");
    await accessible("the student's page with a name");
    await picture(page, "9-joined");
    await page.goto(address("/join"));
    await title("Hello, Asha");
    await page.getByRole("link", { name: "Go on" }).click();
    await connected();
    await page.locator("#me-button").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/join");
    await title("Join your class");
  });

  test("a new name sets pictures, shown twice, with the keyboard alone", async () => {
    await open(DESKTOP);
    await page.locator("#name").fill("Meera");
    await page.keyboard.press("Enter");
    await page.locator(".join-words", { hasText: "Choose 3 secret pictures" }).waitFor();
    const press = async (...pictures) => {
      for (const id of pictures) (await page.locator(`[data-picture="${id}"]`).focus(), await page.keyboard.press("Enter"));
    };
    await press("moon", "moon", "drum");
    await page.locator(".join-words", { hasText: "same 3 pictures again" }).waitFor();
    await press("moon", "moon", "kite");
    await page.locator("#trouble", { hasText: "not the same pictures" }).waitFor();
    await press("moon", "moon", "drum");
    await page.locator(".join-words", { hasText: "again" }).waitFor();
    await press("moon", "moon", "drum");
    await connected();
    assert.equal(await page.locator("#who").textContent(), "Meera");
  });

  test("notices stay until they are closed, a pause keeps the words, and a lesson is started by the teacher", async () => {
    await asAsha(PHONE);
    await drive({ notice: "Look at page 12", id: "n7" });
    await drive({ notice: "Well done, Asha", to: "you", id: "n8" });
    await drive({ notice: "Look at page 12", id: "n7" });
    await page.locator(".teacher-card", { hasText: "Well done, Asha" }).waitFor();
    assert.equal(await page.locator(".teacher-card").count(), 2, "each is shown once");
    await accessible("notices");
    await picture(page, "9-notices");
    await page.reload();
    await connected();
    assert.equal(await page.locator(".teacher-card").count(), 2, "and stays");
    for (let left = 2; left > 0; left -= 1) await page.locator(".teacher-card button").first().click();
    assert.ok(await page.locator("#teacher").isHidden());

    await page.locator("#box").fill("What is a stream?");
    await drive({ paused: true });
    await page.locator("#paused").waitFor();
    await page.locator("#box").press("Enter");
    assert.equal(await page.locator("#box").inputValue(), "What is a stream?");
    assert.equal(await page.locator(".turn").count(), 0);
    await accessible("a pause");
    await picture(page, "9-paused");
    await page.reload();
    await page.locator("#paused").waitFor();
    await drive({ paused: false });
    await page.locator("#paused").waitFor({ state: "hidden" });
    await page.locator("#box").fill("");

    await drive({ start: "teach me about Streams" });
    await page.locator('.turn[data-state="done"]').waitFor();
    assert.equal(await page.locator(".slip .from").textContent(), "Your teacher");
    await page.locator("#lesson").waitFor();
    await accessible("a lesson that the teacher started");
    await picture(page, "9-started");
    await page.locator("#me-button").click();
    await page.locator("#sheet .chart-row").first().waitFor();
    assert.match(await page.getByRole("link", { name: "To print" }).getAttribute("href"), /^\/api\/sessions\/s-asha\/export\?format=html$/);
    await accessible("what is mine");
    await picture(page, "9-me");
  });

  test("who is taken from the class is led to the join page", async () => {
    await asAsha(SMALL);
    await drive({ revoke: true });
    await page.waitForURL("**/join");
    await title("Join your class");
  });

  test("right to left, by day and by night, small and large, nothing falls out of the page", async () => {
    for (const [options, colorScheme] of [[SMALL, "dark"], [{ viewport: { width: 1920, height: 1080 } }, "light"]]) {
      await open({ ...options, colorScheme });
      const turned = async (where) => {
        await page.evaluate(() => (document.documentElement.dir = "rtl"));
        await accessible(`${where} from right to left`);
        await picture(page, `10-${where}-rtl`);
      };
      await title("Who are you?");
      await turned("names");
      await page.getByRole("button", { name: "Chidi", exact: true }).click();
      await turned("pictures");
      if (options !== SMALL) break;
      await view.context.close();
    }
  });
});

describe("a page of a book", { concurrency: false, skip: kind !== "stand-in" && "the stand-in has the books that the test expects" }, () => {
  let server;
  let browser;
  let view;
  let page;

  before(async () => {
    server = await startServer();
    browser = await startBrowser();
    view = await newContext(browser, PHONE);
    page = await view.context.newPage();
    await page.goto(new URL("/demo", server.url).href);
    await page.locator("#box").fill("test:markdown");
    await page.locator("#box").press("Enter");
    await page.locator(".chip >> nth=3").waitFor();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const shown = (place) => page.locator('.leaf[data-state="shown"] .leaf-place', { hasText: place }).waitFor();
  const close = () => page.keyboard.press("Escape");

  test("is drawn with the quote marked, turned, made larger, and read as words", async () => {
    await page.locator(".chip").first().click();
    await shown("5 of 39");
    assert.equal(await page.locator(".leaf").getAttribute("data-marks"), "2", "the quote goes over two lines");
    const [mark, leaf] = await page.locator(".leaf-mark, .leaf-view").evaluateAll((all) => [all.find((one) => one.className === "leaf-mark"), all.find((one) => one.className === "leaf-view")].map((one) => one.getBoundingClientRect().toJSON()));
    assert.ok(mark.top >= leaf.top && mark.bottom <= leaf.bottom, "the mark is in view");
    assert.deepEqual(await page.evaluate(accessFaults), []);
    await picture(page, "11-leaf");
    await page.getByRole("button", { name: "Next page" }).click();
    await shown("6 of 39");
    assert.equal(await page.locator(".leaf-mark").count(), 0);
    await page.getByRole("button", { name: "Page before" }).click();
    await shown("5 of 39");
    await page.getByRole("button", { name: "Larger" }).click();
    await page.waitForFunction(() => document.querySelector(".leaf-paper").offsetWidth > document.querySelector(".leaf-view").clientWidth * 1.4);
    await page.getByRole("button", { name: "Words", exact: true }).click();
    await page.locator("summary").click();
    assert.match(await page.locator(".page-words mark").textContent(), /^Readable streams produce .* \.pipe\(\)\.$/);
    assert.deepEqual(await page.evaluate(accessFaults), []);
    await close();
    assert.deepEqual(view.faults, []);
  });

  test("is read as words where the file is broken", async () => {
    await page.evaluate(() => localStorage.removeItem("lectern-citation-view"));
    await page.locator(".chip").nth(3).click();
    await page.locator("#sheet .quiet", { hasText: "The page cannot be drawn here" }).waitFor();
    assert.equal(await page.locator("#sheet blockquote").textContent(), "Self-locking nuts hold by themselves.");
    await close();
  });
});
