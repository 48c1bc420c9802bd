// A class in real browsers against a real server: the teacher at a laptop, a student with a phone and one at a laptop.
// They join with the class code, are taught, are paused, asked, led to the same lesson, and leave.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { accessFaults } from "./access.mjs";
import { pdf } from "./fake_pdf.mjs";
import { DESKTOP, kind, newContext, PHONE, picture, startBrowser, startServer } from "./harness.mjs";
import { chooser, TeachPage } from "./teach_page.mjs";

const PASSWORD = "long division";
/** A reply of a small model on a slow machine. */
const REPLY_MS = Number(process.env.LECTERN_REPLY_MS ?? 180000);
const QUESTION = "What does the pipe function do?";
/** A book that is not there at the beginning. */
const GEYSERS = { title: "Geysers", file_name: "geysers.pdf", num_pages: 3 };
const GEYSER = "A geyser is a hot spring that throws water and steam into the air when the water below the ground boils.";
const STRANGE = "Who won the football world cup in 1998?";

describe("a class, its teacher and the server", { concurrency: false, skip: kind !== "binary" && "it needs a server of its own" }, () => {
  let server;
  let browser;
  let teach;
  let code;
  const people = {};

  before(async () => {
    server = await startServer("--lan", "--teacher-password", PASSWORD);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => {
    for (const [name, { view }] of Object.entries(people)) {
      // What the server refuses on purpose is noted by the browser as an error of its own.
      assert.deepEqual(view.faults.splice(0).filter((fault) => !/status of 4\d\d/.test(fault)), [], name);
    }
  });

  const address = (path) => new URL(path, server.url).href;
  const accessible = async (page, where) => assert.deepEqual(await page.evaluate(accessFaults), [], where);
  const connected = (page) => page.locator('#connection[data-state="open"]').waitFor();
  const view = (name) => people.teacher.page.locator(`.roof-views a[href="#${name}"]`).click();
  const tile = (name) => people.teacher.page.locator(".tile", { hasText: name });

  async function open(name, options, path) {
    const view = await newContext(browser, options);
    const page = await view.context.newPage();
    people[name] = { view, page };
    await page.goto(address(path));
    return page;
  }
  async function show(page, ...pictures) {
    for (const id of pictures) await page.locator(`[data-picture="${id}"]`).click();
  }
  async function say(page, words) {
    await page.locator("#box").fill(words);
    await page.locator("#box").press("Enter");
  }
  const answered = (page, turns) => page.locator(`.turn[data-state="done"] >> nth=${turns - 1}`).waitFor({ timeout: REPLY_MS });

  test("the teacher signs in and shows the class how to join", async () => {
    const page = await open("teacher", DESKTOP, "/teach");
    teach = new TeachPage(page, server.url);
    await page.locator(".gate-card").waitFor();
    await teach.signIn("not the password");
    await page.locator(".trouble-line", { hasText: "That is not the password" }).waitFor();
    await teach.signIn(PASSWORD);
    await teach.live();
    await page.locator(".empty-title").waitFor();
    await page.locator("#code-button").click();
    await page.locator("#poster").waitFor();
    code = await page.locator("#poster").getAttribute("data-code");
    assert.match(code, /^[A-Z0-9]{6}$/);
    assert.ok(await page.locator(".poster-qr img").evaluate((image) => image.complete && image.naturalWidth > 0), "the QR code is drawn");
    await picture(page, "20-poster");
    await page.keyboard.press("Escape");
  });

  test("students join with the code, a name and their pictures; the teacher sees them come", async () => {
    for (const [name, options, pictures] of [["Asha", PHONE, ["sun", "fish", "tree"]], ["Ben", DESKTOP, ["moon", "drum", "kite"]]]) {
      const page = await open(name, options, "/demo");
      await page.waitForURL("**/join");
      await page.goto(address(`/join?code=${code}`));
      await page.locator("#name").fill(name);
      await page.keyboard.press("Enter");
      await show(page, ...pictures);
      await page.locator(".join-words", { hasText: "again" }).waitFor();
      await show(page, ...pictures);
      await connected(page);
      assert.equal(await page.locator("#who").textContent(), name);
      await tile(name).waitFor();
    }
    await accessible(people.teacher.page, "two students");
  });

  test("a student is taught from the books, and the teacher sees where they are", async () => {
    const { page } = people.Asha;
    await say(page, "teach me about streams");
    await answered(page, 1);
    await page.locator("#lesson").waitFor();
    await tile("Asha").locator("text=/step 1 of/").waitFor();
    await say(page, QUESTION);
    await answered(page, 2);
    await page.locator(".chip").first().waitFor();
    await picture(page, "21-taught");
    await people.Ben.page.bringToFront();
    await say(people.Ben.page, STRANGE);
    await answered(people.Ben.page, 1);
    await tile("Ben").locator("text=/1 not in books/").waitFor();
    await picture(people.teacher.page, "21-class");
  });

  test("the teacher pauses the class, speaks to it and to one, and lets it go on", async () => {
    const { page } = people.teacher;
    await page.bringToFront();
    await page.locator("#pause-button").click();
    await teach.told("Paused for 2 students.");
    for (const name of ["Asha", "Ben"]) await people[name].page.locator("#paused").waitFor();
    await say(people.Asha.page, "continue");
    assert.equal(await people.Asha.page.locator("#box").inputValue(), "continue", "the words are kept");
    await page.locator("#announce-button").click();
    await page.locator("#sheet textarea").fill("Look at page 12 together");
    await page.locator("#sheet button", { hasText: "Send to all" }).click();
    await teach.told("Announced to 2 students.");
    for (const name of ["Asha", "Ben"]) await people[name].page.locator(".teacher-card", { hasText: "Look at page 12 together" }).waitFor();
    await picture(people.Asha.page, "22-paused");
    await teach.openStudent("Ben");
    await page.locator("#sheet", { hasText: STRANGE }).waitFor();
    await accessible(page, "a student");
    await picture(page, "22-student");
    await page.locator("#sheet textarea").fill("Well asked");
    await page.locator("#sheet button", { hasText: "Send the message" }).click();
    await teach.told("Sent to Ben.");
    await people.Ben.page.locator(".teacher-card", { hasText: "Well asked" }).waitFor();
    assert.equal(await people.Asha.page.locator(".teacher-card", { hasText: "Well asked" }).count(), 0);
    await page.locator("#sheet-close").click();
    await page.locator("#pause-button").click();
    await teach.told("2 students can go on.");
    await people.Asha.page.locator("#paused").waitFor({ state: "hidden" });
    await people.Asha.page.locator("#box").press("Enter");
    await answered(people.Asha.page, 3);
  });

  test("a lesson for all begins on every page", async () => {
    const { page } = people.teacher;
    await page.locator("#lesson-button").click();
    await page.locator("#sheet input").fill("self-locking nuts");
    await page.keyboard.press("Enter");
    await teach.told("The lesson started for 2 students.");
    await answered(people.Asha.page, 4);
    await answered(people.Ben.page, 2);
    assert.equal(await people.Ben.page.locator(".slip .from").last().textContent(), "Your teacher");
    await people.Ben.page.locator("#lesson").waitFor();
    await tile("Ben").locator("text=/step 1 of/").waitFor();
  });

  test("questions, mastery, books and students of the class", async () => {
    const { page } = people.teacher;
    await view("questions");
    await page.locator(".asked-one", { hasText: QUESTION }).waitFor();
    await teach.filter("not_in_books").click();
    assert.deepEqual(await page.locator(".asked-words").allInnerTexts(), [STRANGE]);
    await accessible(page, "questions");
    await picture(page, "23-questions");
    for (const [name, ready] of [["mastery", "#view-mastery"], ["books", ".book"], ["students", ".list tr"]]) {
      await view(name);
      await page.locator(ready).first().waitFor();
      await accessible(page, name);
      await picture(page, `23-${name}`);
    }
    const table = await page.request.get(address("/api/class/export?format=csv"));
    assert.match(await table.text(), /^student,client_id,book,/);
  });

  test("a book that the teacher adds is taught from at once, and one that is removed is gone", async () => {
    const { page } = people.teacher;
    const add = async (file, words) => {
      await chooser(page, [file]);
      await page.locator(".upload[data-stage=done], .upload[data-stage=failed]").waitFor({ timeout: REPLY_MS });
      assert.match(await page.locator(".upload").innerText(), words);
      await picture(page, `24-${file.name}`);
      await page.locator(".upload .plain").click();
    };
    const book = (name, buffer) => ({ name, mimeType: "application/pdf", buffer });
    const geysers = pdf(GEYSERS, [{ book: GEYSERS.file_name, page: 2, quote: GEYSER }]);
    await view("books");
    await add(book(GEYSERS.file_name, geysers), /Ready/);
    await page.locator(".book", { hasText: GEYSERS.file_name }).waitFor();
    await add(book("again.pdf", geysers), /there already/);
    await add(book("broken.pdf", Buffer.from("%PDF-1.4\nnot much of a book")), /could not read this book/);
    await accessible(page, "books that were added");

    const student = people.Ben.page;
    await say(student, "What is a geyser?");
    await answered(student, 3);
    const reply = student.locator(".page .words").last();
    assert.match(await reply.innerText(), /throws water and steam/);
    await student.locator(".page").last().locator(".chip").first().click();
    await student.locator('.leaf[data-state="shown"] .leaf-place', { hasText: "2 of 3" }).waitFor();
    assert.ok(await student.locator(".leaf-mark").count() > 0, "the quote is marked on the page");
    await picture(student, "24-leaf");
    await student.keyboard.press("Escape");

    await page.locator(".book", { hasText: GEYSERS.file_name }).locator(".red").click();
    await page.locator("#sheet .danger").click();
    await page.locator("#toast-words", { hasText: "was removed" }).waitFor();
    await page.locator(".book", { hasText: GEYSERS.file_name }).waitFor({ state: "detached" });
    await say(student, "What is a geyser?");
    await answered(student, 4);
    assert.doesNotMatch(await reply.innerText(), /throws water and steam/);
  });

  test("a student's page that is loaded again has everything; another's is closed to them", async () => {
    const { page } = people.Asha;
    await page.reload();
    await answered(page, 4);
    assert.deepEqual(await page.locator(".slip").evaluateAll((slips) => slips.map((slip) => slip.lastChild.textContent).slice(0, 3)), ["teach me about streams", QUESTION, "continue"]);
    const { client_id: ben } = await (await people.Ben.page.request.get(address("/api/me"))).json();
    for (const path of [`/api/sessions/${ben}/export?format=md`, `/api/sessions/${ben}/progress?format=json`, "/api/class/students", "/api/class/questions"]) {
      assert.equal((await page.request.get(address(path))).status(), 403, path);
    }
  });

  test("who leaves comes back with the same pictures, and with no others", async () => {
    const { page } = people.Asha;
    await page.locator("#me-button").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/join");
    await page.goto(address(`/join?code=${code}`));
    await page.getByRole("button", { name: "Asha", exact: true }).click();
    await show(page, "sun", "fish", "kite");
    await page.locator("#trouble", { hasText: "These are not the pictures of Asha" }).waitFor();
    await show(page, "sun", "fish", "tree");
    await connected(page);
    await answered(page, 4);
  });

  test("a student who is taken from the class is led out; the teacher signs out", async () => {
    const { page } = people.teacher;
    await view("students");
    await page.locator(".list tr", { hasText: "Ben" }).locator("button", { hasText: "Remove" }).click();
    await page.locator("#sheet .danger").click();
    await people.Ben.page.waitForURL("**/join");
    await page.locator("#account-button").click();
    await page.locator("#sheet button", { hasText: "Sign out" }).click();
    await page.locator(".gate-card").waitFor();
  });
});
