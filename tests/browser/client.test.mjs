// scripts/client.html, opened as a file: the example of a page that is not the server's own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startBrowser, startServer } from "./harness.mjs";

const file = pathToFileURL(fileURLToPath(new URL("../../scripts/client.html", import.meta.url)));
let server, browser;
before(async () => (([server, browser] = await Promise.all([startServer(), startBrowser()]))));
after(async () => (await browser?.close(), await server?.stop()));

for (const streams of [true, false]) {
  test(streams ? "the words come one by one, and citations before them" : "the first table of the wire is enough", async () => {
    const page = await browser.newPage();
    const faults = [];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(error.stack));
    const received = [];
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => received.push(JSON.parse(payload))));
    await page.goto(`${file}?url=ws://${server.url.host}/ws/client-html-${streams}`);
    await page.locator("#log > .reply").first().waitFor();
    await page.getByLabel("word by word").setChecked(streams);
    await page.getByLabel("Your message").fill("teach me about streams");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll("#log > .reply").length === 2);
    while (!received.some(({ type }) => type === "response")) await page.waitForTimeout(50);
    const whole = received.find(({ type }) => type === "response").response;
    await page.waitForFunction((words) => [...document.querySelectorAll("#log > .reply")].at(-1).textContent === words, whole);
    const kinds = [...new Set(received.map(({ type }) => type))];
    assert.equal(kinds.includes("delta"), streams, `${kinds}`);
    assert.equal((await page.locator("#log > .cited").count()) > 0, streams);
    assert.equal(await page.locator("#log > .said").textContent(), "teach me about streams");
    assert.deepEqual(faults, []);
    await page.close();
  });
}
