// What the browser tests stand on: a server (given, started from a binary, or the stand-in), a wire to it that can be
// cut, a Chromium, and a guard that notes every console error and every request to another host.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** A first start may have to read the books. */
const START_MS = 600000;

/** Which server the tests drive: `given`, `binary` or `stand-in`. */
export const kind = process.env.LECTERN_URL ? "given" : process.env.LECTERN_BIN ? "binary" : "stand-in";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** A running server, with more flags where given. Its folder of books is its own. `restart` kills it without a word and starts it on the same data, where it is ours to kill. */
export async function startServer(...more) {
  if (kind === "given") return { url: new URL(process.env.LECTERN_URL), restart: null, stop: async () => {} };
  const data = mkdtempSync(join(tmpdir(), "lectern-browser-"));
  // Books that were read once need not be read for every file of tests.
  if (kind === "binary" && process.env.LECTERN_DATA) cpSync(process.env.LECTERN_DATA, data, { recursive: true });
  const url = new URL(`http://127.0.0.1:${await freePort()}`);
  const flags = ["serve", "--addr", url.host, "--data", data, ...more];
  const models = process.env.LECTERN_MODELS ?? join(root, "models");
  const corpus = join(data, "corpus");
  if (kind === "binary") cpSync(process.env.LECTERN_CORPUS ?? join(root, "corpus"), corpus, { recursive: true });
  const [program, args] = kind === "binary"
    ? [resolve(process.env.LECTERN_BIN), [...flags, "--models", models, "--corpus", corpus]]
    : [process.execPath, [join(here, "fake_server.mjs"), ...flags, "--word-ms", "25"]];
  let child;
  const start = async () => {
    child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.on("data", (data) => (log = (log + data).slice(-4000)));
    let failure = null;
    child.once("error", (error) => (failure = error.message));
    const mine = child;
    const deadline = Date.now() + START_MS;
    while (!(await healthy(url))) {
      if (failure || mine.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the server did not start: ${failure ?? `exit code ${mine.exitCode}`}\n${program} ${args.join(" ")}\n${log}`);
      }
      await sleep(100);
    }
  };
  const end = (signal) => new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once("exit", done);
    child.kill(signal);
  });
  // A run that is broken off leaves no server behind.
  process.on("exit", () => child.kill("SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  await start();
  return {
    url,
    restart: async () => (await end("SIGKILL"), start()),
    stop: async () => (await end("SIGTERM"), rmSync(data, { recursive: true, force: true })),
  };
}

async function healthy(url) {
  try {
    return (await fetch(new URL("/health", url))).ok;
  } catch {
    return false;
  }
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A wire to the server: what the browser connects to. `cut` breaks every connection and refuses new ones. */
export async function startWire(target) {
  const pairs = new Set();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    const pair = { near, far };
    pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on("error", () => to.destroy());
      from.on("close", () => (to.destroy(), pairs.delete(pair)));
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut: () => {
      whole = false;
      for (const { near, far } of pairs) (near.destroy(), far.destroy());
    },
    mend: () => (whole = true),
    stop: () => new Promise((done) => (server.close(done), pairs.forEach(({ near, far }) => (near.destroy(), far.destroy())))),
  };
}

/** The browser. */
export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: CHROMIUM_FLAGS });
}

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const SMALL = { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** A context whose pages are watched. `outage(what)` runs something during which failed connections are no fault. */
export async function newContext(browser, options) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const faults = [];
  let outage = false;
  context.on("console", (message) => {
    if (message.type() === "error" && !(outage && /WebSocket|net::ERR_/.test(message.text()))) faults.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => faults.push(`page: ${error.error().stack}`));
  const own = (url) => new URL(url).hostname === "127.0.0.1";
  context.on("request", (request) => !own(request.url()) && faults.push(`request to another host: ${request.url()}`));
  context.on("page", (page) => page.on("websocket", (socket) => !own(socket.url()) && faults.push(`socket to another host: ${socket.url()}`)));
  return {
    context,
    faults,
    outage: async (what) => {
      outage = true;
      await what();
      outage = false;
    },
  };
}

/** Keeps a picture where SCREENSHOTS names a folder. */
export async function picture(page, name) {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(process.env.SCREENSHOTS, { recursive: true });
  const { width } = page.viewportSize();
  await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}-${width}.png`) });
}
