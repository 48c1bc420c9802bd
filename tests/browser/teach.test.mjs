// The teacher's page in a real browser, against the stand-in server.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { accessFaults } from "./access.mjs";
import { kind, newContext, startBrowser, startServer, startWire } from "./harness.mjs";
import { chooser, pdf, TeachPage } from "./teach_page.mjs";

const LAPTOP = { viewport: { width: 1366, height: 768 } };
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const PROJECTOR = { viewport: { width: 1920, height: 1080 } };

describe("the teacher's page", { concurrency: false, skip: kind !== "stand-in" && "the stand-in has the class the test expects" }, () => {
  let server;
  let browser;
  let wire;
  let view;
  let teach;
  let page;

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
  afterEach(async () => {
    assert.deepEqual(view.faults, [], "console errors and requests to other hosts");
    await view.context.close();
  });

  async function open(options = LAPTOP, world = {}, hash = "") {
    view = await newContext(browser, options);
    page = await view.context.newPage();
    teach = new TeachPage(page, server.url);
    await teach.drive({ reset: true, ...world });
    await page.goto(`${wire.url}/teach${hash}`);
  }
  async function accessible(where, { dense = false } = {}) {
    const faults = await page.evaluate(accessFaults);
    // With a mouse the rows of the table of mastery are lower than a finger needs.
    assert.deepEqual(faults.filter((fault) => !(dense && fault.startsWith('<button class="heat-name">'))), [], where);
  }
  /** A step that the server refuses: the browser notes the status as an error of its own, and only that is let pass. */
  async function refused(status, what) {
    await what();
    const noted = view.faults.splice(0).filter((fault) => !fault.includes(`status of ${status}`));
    view.faults.push(...noted);
  }

  test("signs in and out, and changes the password", async () => {
    await open(LAPTOP, { login: true, role: null });
    await page.locator(".gate-card").waitFor();
    await accessible("the gate");
    assert.ok(await page.locator("#desk").isHidden(), "nothing of the class is shown");
    await refused(401, async () => {
      await teach.signIn("long multiplication");
      assert.equal(await teach.trouble(), "That is not the password. Check capital letters and try again.");
    });
    await teach.signIn("long division");
    await teach.live();
    await page.locator("#account-button").click();
    const [old, fresh, again] = await page.locator("#sheet input").all();
    for (const [values, words, status] of [
      [["long division", "short", "short"], "The new password needs at least 8 characters.", null],
      [["long division", "long enough", "long enuogh"], "The two new passwords are not the same.", null],
      [["wrong", "long enough", "long enough"], "The password now is not right. Nothing was changed.", 401],
    ]) {
      await refused(status, async () => {
        for (const [index, input] of [old, fresh, again].entries()) await input.fill(values[index]);
        await again.press("Enter");
        await page.locator("#sheet .trouble-line", { hasText: words }).waitFor();
      });
    }
    await old.fill("long division");
    await again.press("Enter");
    await teach.told("The password is changed.");
    await page.locator("#account-button").click();
    await page.locator("#sheet button", { hasText: "Sign out" }).click();
    await page.locator(".gate-card").waitFor();
    await refused(401, async () => {
      await teach.signIn("long division");
      await teach.trouble();
    });
    await refused(429, async () => {
      await teach.signIn("long division");
      await page.locator(".trouble-line", { hasText: "Wait 30 seconds" }).waitFor();
    });
  });

  test("a student who comes to the page is asked for the password and sees nothing", async () => {
    await open(PHONE, { login: true, role: "student" });
    await page.locator(".gate-card .note", { hasText: "the student Asha" }).waitFor();
    await accessible("the gate for a student");
    assert.equal((await teach.asked()).length, 0);
  });

  for (const [name, options] of Object.entries({ phone: PHONE, laptop: LAPTOP, projector: PROJECTOR, dark: { ...LAPTOP, colorScheme: "dark" } })) {
    test(`every view can be read and used: ${name}`, async () => {
      await open(options);
      await teach.live();
      for (const [hash, ready] of [["class", ".tile"], ["questions", ".asked-one"], ["mastery", ".heat"], ["books", ".book"], ["students", ".list"]]) {
        await page.locator(`.roof-views a[href="#${hash}"]`).click();
        await page.locator(ready).first().waitFor();
        await accessible(hash, { dense: name !== "phone" });
      }
      await page.locator('.roof-views a[href="#class"]').click();
      await page.locator(".tile").first().click();
      await page.locator(".said").first().waitFor();
      await accessible("a student");
      await page.locator('[data-value="progress"]').click();
      await page.locator(".chart").waitFor();
      await accessible("a student's progress");
      await page.locator("#sheet-close").click();
      await page.locator("#code-button").click();
      await accessible("the class code");
    });
  }

  test("thirty students at a glance: who needs the teacher comes first, in words and drawings", async () => {
    await open();
    await teach.live();
    const tiles = page.locator(".tile");
    assert.equal(await tiles.count(), 30);
    assert.deepEqual(await teach.names(5), ["Nikos Παπαδόπουλος", "李小龙", "Иван", "தமிழ்செல்வி", "Chiamaka Okonkwo"]);
    assert.match(await tiles.first().innerText(), /Stuck\s+asked 4 times for simpler words\s+Trade\s+step 5 of 7 · The Indus\s+1 not in books/);
    assert.match(await tiles.nth(2).innerText(), /Waiting, next/);
    assert.match(await tiles.nth(4).innerText(), /Waiting, number 3/);
    assert.match(await tiles.last().innerText(), /Away\s+Last seen/);
    assert.equal(await page.locator(".tile .state svg").count(), 30, "a drawing for every state");
    const counts = await page.locator(".counts .filter").allInnerTexts();
    assert.deepEqual(counts.map((words) => words.replace(/\s+/g, " ")), ["All 30", "Stuck 2", "Waiting 3", "Being answered 1", "Reading 21", "Away 3"]);
    const bottom = await tiles.last().evaluate((tile) => tile.getBoundingClientRect().bottom);
    assert.ok(bottom <= 768, `thirty students fit the screen of a laptop: ${bottom}`);

    await teach.filter("waiting").click();
    assert.deepEqual(await teach.names(9), ["Иван", "தமிழ்செல்வி", "Chiamaka Okonkwo"]);
    await teach.drive({ students: [{ client_id: "s-00", state: "stuck", stuck: "wrote help" }] });
    await page.locator('.filter[data-value="stuck"]', { hasText: "3" }).waitFor();
    assert.ok(await teach.filter("waiting").evaluate((button) => button === document.activeElement), "the focus stays where it was");
    await teach.filter("waiting").click();
    await page.waitForFunction(() => document.querySelector(".tile .tile-name").textContent === "Asha");
  });

  test("tiles stay where they are while the pointer moves over them", async () => {
    await open();
    await teach.live();
    await page.locator(".tile").nth(6).hover();
    await page.mouse.move(700, 400);
    await teach.drive({ students: [{ client_id: "s-00", state: "stuck" }] });
    await page.locator('.filter[data-value="stuck"]', { hasText: "3" }).waitFor();
    assert.equal((await teach.names(1))[0], "Nikos Παπαδόπουλος", "not under the hand");
    await page.waitForFunction(() => document.querySelector(".tile .tile-name").textContent === "Asha");
  });

  test("one student: what was said with its places, progress, a message, downloads, removal", async () => {
    await open();
    await teach.live();
    await teach.openStudent("李小龙");
    await page.locator(".said >> nth=19").waitFor();
    assert.equal(await page.locator(".said").count(), 20);
    await page.locator("#sheet button", { hasText: "Show 10 earlier messages" }).click();
    await page.locator(".said >> nth=29").waitFor();
    assert.equal(await page.locator(".said").count(), 30);
    await page.locator(".said summary").last().click();
    const place = page.locator(".said .inline-link").last();
    assert.equal(await place.innerText(), "The Indus: A River and Its Cities, p. 12");
    assert.match(await place.getAttribute("href"), /^\/api\/books\/indus\/file#page=12$/);
    await page.locator('[data-value="progress"]').click();
    await page.locator(".chart-row >> nth=4").waitFor();
    assert.equal(await page.locator(".chart-row").count(), 5);
    assert.deepEqual(await page.locator(".student-doing a").evaluateAll((links) => links.map((link) => link.getAttribute("href"))), [
      "/api/sessions/s-03/export?format=html", "/api/sessions/s-03/export?format=md", "/api/sessions/s-03/export?format=json", "/api/sessions/s-03/progress?format=csv",
    ]);
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".student-doing a", { hasText: "Markdown" }).click()]);
    assert.equal(download.suggestedFilename(), "s-03.md");

    await page.locator("#sheet textarea").fill("look at page 12");
    await page.locator("#sheet button", { hasText: "Send the message" }).click();
    await teach.told("Sent to 李小龙.");
    assert.deepEqual((await teach.asked()).at(-1), { type: "tell", client_id: "s-03", content: "look at page 12", id: 1 });
    await teach.drive({ students: [{ client_id: "s-03", state: "idle", stuck: null, section: "Trade" }] });
    await page.locator(".student-state .state[data-state=idle]").waitFor();

    await page.locator("#sheet button", { hasText: "Forget pictures" }).click();
    await page.locator("#sheet .danger").click();
    await teach.told("李小龙 chooses new pictures next time.");
    await teach.openStudent("李小龙");
    await page.locator("#sheet button", { hasText: "Remove" }).click();
    assert.match(await page.locator("#sheet-body").innerText(), /deletes all that is kept of 李小龙: the conversation, lessons, progress and quiz answers\. It cannot be undone/);
    await page.locator("#sheet button", { hasText: "Cancel" }).click();
    assert.equal((await teach.asked()).filter(({ call }) => call?.startsWith("DELETE")).length, 0);
    await teach.openStudent("李小龙");
    await page.locator("#sheet button", { hasText: "Remove" }).click();
    await page.locator("#sheet .danger").click();
    await teach.told("李小龙 was removed.");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 29);
  });

  test("pause, announce and a lesson for all say how many they reached", async () => {
    await open();
    await teach.live();
    await page.locator("#pause-button").click();
    await teach.told("Paused for 27 students.");
    await page.locator("#paused", { hasText: "The class is paused" }).waitFor();
    await page.locator("#pause-button", { hasText: "Go on" }).click();
    await teach.told("27 students can go on.");

    await page.locator("#announce-button").click();
    await page.locator("#sheet button", { hasText: "Send to all" }).click();
    assert.equal(await teach.trouble(), "Write something first.");
    await page.locator("#sheet textarea").fill("Books closed, please");
    await teach.drive({ refuse: "the class is full" });
    await page.locator("#sheet button", { hasText: "Send to all" }).click();
    await page.locator("#sheet .trouble-line", { hasText: "That did not work: the class is full" }).waitFor();
    assert.equal(await page.locator("#sheet textarea").inputValue(), "Books closed, please", "the words stay");
    await teach.drive({ refuse: null });
    await page.locator("#sheet button", { hasText: "Send to all" }).click();
    await teach.told("Announced to 27 students.");

    await page.locator("#lesson-button").click();
    await page.locator("#sheet summary").first().click();
    await page.locator(".topic", { hasText: "Floods and silt" }).click();
    await page.keyboard.press("Enter");
    await teach.told("The lesson started for 27 students.");
    assert.deepEqual((await teach.asked()).filter(({ type }) => type).map(({ id, ...command }) => command), [
      { type: "pause", paused: true }, { type: "pause", paused: false },
      { type: "announce", content: "Books closed, please" }, { type: "announce", content: "Books closed, please" },
      { type: "lesson", topic: "Floods and silt", client_ids: null },
    ]);
  });

  test("the class code as a poster shows how to join and nothing else", async () => {
    await open(PROJECTOR);
    await teach.live();
    assert.equal(await page.locator("body").innerText().then((text) => text.includes("K7M3QD")), false, "no code on the page before it is asked for");
    await page.locator("#code-button").click();
    const words = (await page.locator("#poster").innerText()).replace(/\s+/g, " ");
    assert.match(words, /Join the class Open this address 192\.168\.1\.7:8000\/join and type this code .*K ?7 ?M ?3 ?Q ?D/);
    assert.ok(await page.locator(".poster-qr img").evaluate((image) => image.complete && image.naturalWidth > 0), "the QR code is drawn");
    assert.deepEqual(await page.locator("#poster").evaluate((poster) => [poster.clientWidth, poster.clientHeight]), [1920, 1080], "it covers the screen");
    await teach.drive({ code: "H4WXZ9" });
    await page.waitForFunction(() => document.querySelector("#poster").dataset.code === "H4WXZ9");
    await teach.drive({ code: null });
    await page.locator("#poster").waitFor({ state: "hidden" });
    assert.ok(await page.locator("#code-button").isHidden(), "an open class has no code");
  });

  test("questions: most asked first, and those the books could not answer", async () => {
    await open(LAPTOP, {}, "#questions");
    await page.locator(".asked-one").first().waitFor();
    assert.deepEqual(await page.locator(".asked-count span:first-child").allInnerTexts(), ["7×", "5×", "3×", "1×", "1×"]);
    assert.match(await page.locator(".asked-one").first().innerText(), /What is silt\?\s+Answered from the books\s+Asked by .*Asha.* and 3 more/);
    await teach.filter("not_in_books").click();
    assert.deepEqual(await page.locator(".asked-words").allInnerTexts(), ["Who is the president today?", "Is my phone watching me"]);
    await teach.drive({ questions: { groups: [] }, changed: "questions" });
    await page.locator("#view-questions", { hasText: "No questions yet." }).waitFor();
  });

  test("mastery: a table with numbers that scrolls within itself, and a lesson for who needs it", async () => {
    await open(LAPTOP, {}, "#mastery");
    const heat = page.locator(".heat");
    await heat.waitFor();
    assert.deepEqual(await heat.evaluate((one) => [one.querySelectorAll("tbody tr").length, one.querySelectorAll(".heat-section").length]), [31, 40]);
    const wrong = await heat.evaluate((one) => [...one.querySelectorAll("tbody td:not([data-level=none])")].filter((cell) => {
      const number = Number(cell.firstChild.textContent);
      return Number(cell.dataset.level) !== Math.min(4, Math.floor(number / 20));
    }).length);
    assert.equal(wrong, 0, "the colour is that of the number");
    assert.match(await heat.locator("tbody tr").nth(1).locator("td").nth(1).textContent(), /^75 percent, \d of \d right$/);
    await heat.focus();
    for (let press = 0; press < 12; press += 1) await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector(".heat").scrollLeft > 100);
    const name = heat.locator(".heat-name").first();
    assert.equal(Math.round((await name.boundingBox()).x), Math.round((await heat.boundingBox()).x) + 1, "names stay in sight");
    await heat.evaluate((one) => (one.scrollLeft = 0));
    await heat.locator(".heat-section").nth(2).click();
    await page.locator("#sheet-title", { hasText: "Cities of brick" }).waitFor();
    const low = await page.locator(".low li").count();
    await page.locator("#sheet button", { hasText: "Start this lesson for" }).click();
    assert.equal(await page.locator("#sheet input").inputValue(), "Cities of brick");
    await page.locator("#sheet button", { hasText: "Start the lesson" }).click();
    await page.locator("#toast-words", { hasText: /The lesson started for \d+ students/ }).waitFor();
    const { client_ids: ids } = (await teach.asked()).at(-1);
    assert.ok(ids.length > 0 && ids.length <= low, "only those below, and only who is here");
  });

  test("books are added one after the other, with progress", async () => {
    await open(LAPTOP, { upload: { ms: 120 } }, "#books");
    await page.locator(".book").first().waitFor();
    await chooser(page, [pdf("rivers.pdf"), pdf("قصص.pdf"), { name: "notes.docx", mimeType: "application/pdf", buffer: Buffer.from("PK\u0003\u0004 not a pdf") }]);
    await page.locator(".upload", { hasText: "rivers.pdf" }).locator("progress[value]").waitFor();
    assert.equal(await page.locator(".upload", { hasText: "قصص.pdf" }).getAttribute("data-stage"), "queued", "one at a time");
    await page.locator('.upload[data-stage="done"] >> nth=1').waitFor();
    await page.locator(".upload", { hasText: "This is not a PDF" }).waitFor();
    assert.equal(await page.locator(".upload").count(), 3, "the socket's frames make no second entries");
    await page.locator(".book", { hasText: "rivers" }).waitFor();
    assert.equal((await teach.asked()).filter(({ call }) => call === "POST /api/books").length, 2, "what is no PDF is not sent");
    await accessible("books, added");
    for (let left = 3; left > 0; left -= 1) await page.locator(".upload .plain").first().click();
    assert.ok(await page.locator(".uploads").isHidden());
  });

  test("a file can be dropped, and an upload of someone else is seen", async () => {
    await open(LAPTOP, {}, "#books");
    await page.locator(".book").first().waitFor();
    await page.locator("#view-books").evaluate((place) => {
      const carried = new DataTransfer();
      carried.items.add(new File(["%PDF-1.4 dropped"], "dropped.pdf", { type: "application/pdf" }));
      const send = (type) => place.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: carried }));
      send("dragover");
      if (!document.querySelector(".drop.over")) throw new Error("the place does not show that it takes files");
      send("drop");
    });
    await page.locator(".upload[data-stage=done]", { hasText: "dropped.pdf" }).waitFor();
    await teach.drive({ frame: { type: "ingest", upload: "u99", file_name: "theirs.pdf", stage: "embedding", done: 40, total: 120, book: null, error: null } });
    const theirs = page.locator(".upload", { hasText: "theirs.pdf" });
    await theirs.locator("text=Learning the text · 40 of 120").waitFor();
    await teach.drive({ frame: { type: "ingest", upload: "u99", file_name: "theirs.pdf", stage: "failed", done: 40, total: 120, book: null, error: "needs more than 2048 MiB of memory" } });
    await theirs.locator("text=The server could not read this book: needs more than 2048 MiB of memory").waitFor();
  });

  test("a book that cannot be added says what to do", async () => {
    await open(LAPTOP, {}, "#books");
    await page.locator(".book").first().waitFor();
    for (const [upload, words] of [
      [{ status: 413, code: "too_large" }, /too large for the server\. Split it/],
      [{ status: 409, code: "exists", message: "this book is there already: Rivers (rivers.pdf)" }, /there already: Rivers/],
      [{ status: 400, code: "bad_request", message: "the file did not arrive whole" }, /did not arrive whole/],
      [{ status: 400, code: "not_pdf" }, /This is not a PDF/],
      [{ stages: ["waiting", "reading", "failed"], error: "page 3 has no text", ms: 20 }, /could not read this book: page 3 has no text/],
      [{ stages: ["waiting", "reading"], cut: true, ms: 20 }, /connection broke/],
    ]) {
      await teach.drive({ upload });
      await refused(upload.status, () => view.outage(async () => {
        await chooser(page, [pdf("one.pdf")]);
        await page.locator(".upload[data-stage=failed]", { hasText: words }).waitFor();
        await page.locator(".upload .plain").click();
      }));
    }
    await page.locator(".book .red").first().click();
    assert.match(await page.locator("#sheet-body").innerText(), /stops using this book at once/);
    await page.locator("#sheet .danger").click();
    await teach.told("“The Indus: A River and Its Cities” was removed.");
    await page.waitForFunction(() => document.querySelectorAll(".book").length === 1);
  });

  test("names before class, a new class code, and the class as a table", async () => {
    await open(LAPTOP, { login: true }, "#students");
    await page.locator(".list").waitFor();
    const box = page.locator(".beside textarea");
    await box.fill(`${"x".repeat(41)}\nAda`);
    await page.locator("button", { hasText: "Add names" }).click();
    assert.match(await teach.trouble(), /at most 40 characters/);
    await box.fill(" Ada  Lovelace \n\nನಮಿತಾ\nBen\nAda Lovelace");
    await page.locator("button", { hasText: "Add names" }).click();
    await teach.told("2 names added.");
    assert.deepEqual((await teach.asked()).at(-1), { call: "POST /api/class/students", names: ["Ada Lovelace", "ನಮಿತಾ", "Ben"] });
    const row = page.locator(".list tr", { hasText: "Ada Lovelace" });
    await row.waitFor();
    assert.match(await row.innerText(), /not chosen yet\s+Not seen yet/);
    await page.locator("button", { hasText: "New class code" }).click();
    await page.locator("#sheet .danger").click();
    await teach.told("The class has a new code.");
    assert.deepEqual(await page.locator(".beside a").evaluateAll((links) => links.map((link) => [link.getAttribute("href"), link.download])),
      [["/api/class/export?format=csv", "class.csv"], ["/api/class/export?format=json", "class.json"]]);
    await row.locator("button", { hasText: "Remove" }).click();
    await page.locator("#sheet .danger").click();
    await row.waitFor({ state: "detached" });
  });

  test("everything by keyboard: to a view, to a student, a message, and back", async () => {
    await open();
    await teach.live();
    await teach.tabTo('.roof-views a[href="#questions"]');
    await page.keyboard.press("Enter");
    await page.locator("#view-questions").waitFor();
    await teach.tabTo('.filter[data-value="near"]');
    await page.keyboard.press("Space");
    assert.equal(await page.locator(".asked-one").count(), 1);
    await page.goBack();
    await page.locator("#view-class").waitFor();
    await teach.tabTo(".tile");
    await page.keyboard.press("Enter");
    await page.locator("#sheet-title", { hasText: "Nikos" }).waitFor();
    await teach.tabTo("#sheet textarea");
    await page.keyboard.type("well asked");
    await page.keyboard.press("Control+Enter");
    await teach.told("Sent to Nikos Παπαδόπουλος.");
    await page.keyboard.press("Escape");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Nikos/, "the focus is back on the tile");
    await teach.tabTo("#code-button", true);
    await page.keyboard.press("Enter");
    await page.locator("#poster").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#poster").waitFor({ state: "hidden" });
  });

  test("a lost connection is said, nothing is pretended, and the page comes back by itself", async () => {
    await open();
    await teach.live();
    await page.locator("#announce-button").click();
    await page.locator("#sheet textarea").fill("hello");
    await view.outage(async () => {
      wire.cut();
      await page.locator('#connection[data-state="lost"]').waitFor();
      assert.match(await page.locator("#offline").innerText(), /What you see may be old/);
      await page.locator("#sheet button", { hasText: "Send to all" }).click();
      assert.match(await teach.trouble(), /nothing was sent/);
      await teach.drive({ students: [{ client_id: "s-00", state: "stuck", stuck: "while away" }] });
      wire.mend();
      await teach.live();
    });
    assert.ok(await page.locator("#offline").isHidden());
    assert.equal(await page.locator("#sheet textarea").inputValue(), "hello", "the words are still there");
    await page.locator("#sheet button", { hasText: "Send to all" }).click();
    await teach.told("Announced to 27 students.");
    await page.locator(".tile", { hasText: "while away" }).waitFor();
  });

  test("a teacher who is signed out elsewhere is asked for the password again", async () => {
    await open(LAPTOP, { login: true });
    await teach.live();
    await teach.drive({ role: null, drop: 1008 });
    await page.locator(".gate-card").waitFor();
  });

  test("a class without students, books or questions says what to do first", async () => {
    await open(LAPTOP, { empty: true });
    await page.locator(".empty-title").waitFor();
    await page.locator(".empty button", { hasText: "Class code" }).click();
    await page.locator("#poster").waitFor();
    await page.keyboard.press("Escape");
    for (const [hash, words] of [["questions", "No questions yet."], ["mastery", "Nothing yet."], ["books", "add one first"], ["students", "Nobody has joined yet."]]) {
      await page.locator(`.roof-views a[href="#${hash}"]`).click();
      await page.locator(`#view-${hash}`, { hasText: words }).waitFor();
      await accessible(hash);
    }
  });

  test("names are never read as HTML", async () => {
    const name = "<img src=x onerror=\"document.title='broken'\">";
    await open(LAPTOP, { students: [{ client_id: "s-00", name, section: name, state: "stuck", stuck: name }] });
    await page.locator(".tile", { hasText: name }).first().waitFor();
    assert.equal(await page.locator(".tiles img").count(), 0);
    await page.locator(".tile").first().click();
    await page.locator(".said").first().waitFor();
    assert.equal(await page.title(), "Lectern: teacher");
  });
});
