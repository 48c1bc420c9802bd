#!/usr/bin/env node
// Talk to Lectern from Node, in the least that it takes. Nothing to install; needs Node 22, or 20 with a flag:
//
//   node scripts/client.mjs "teach me about streams" "What does pipe do?" continue
//   node scripts/client.mjs --plain …          the first table of the wire only: one message, one response
//   node scripts/client.mjs                    reads what to say from the keyboard, a line at a time
//   node scripts/client.mjs --url ws://HOST:8000/ws/ada?token=… …
//   node --experimental-websocket scripts/client.mjs …      with Node 20

import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values: flags, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { url: { type: "string", default: "ws://127.0.0.1:8000/ws/node" }, plain: { type: "boolean", default: false } },
});

function fail(reason) {
  console.error(reason);
  process.exit(1);
}

if (typeof WebSocket === "undefined") fail("this Node has no WebSocket: take Node 22, or start it with --experimental-websocket");

// Frames that came, and who waits for the next one.
const arrived = [];
let wake = () => {};

const socket = new WebSocket(flags.url);
socket.onmessage = ({ data }) => (arrived.push(JSON.parse(data)), wake());
socket.onerror = () => fail(`no Lectern answers at ${flags.url}. Is it running? Start it with: lectern serve`);
socket.onclose = ({ code, reason }) => fail(`the server closed the connection (${code} ${reason})`);

async function nextFrame() {
  while (!arrived.length) await new Promise((done) => (wake = done));
  return arrived.shift();
}

/** Says something and shows the reply: with `stream` word by word, without it when it is whole. */
async function ask(content) {
  socket.send(JSON.stringify(flags.plain ? { type: "message", content } : { type: "message", content, stream: true }));
  let streamed = "";
  for (;;) {
    const frame = await nextFrame();
    switch (frame.type) {
      case "status": // In line, searching or writing.
        if (frame.queue_position) console.log(`(number ${frame.queue_position} in line)`);
        break;
      case "citations": // They come before the words that rest on them.
        for (const { title, page_label, quote } of frame.citations) console.log(`[${title}, p. ${page_label}] “${quote}”`);
        break;
      case "delta": // The words; joined they are the response.
        streamed += frame.delta;
        process.stdout.write(frame.delta);
        break;
      case "response": // The whole reply, once per message.
        console.log(streamed === frame.response ? "" : frame.response);
        return;
      case "error": // The connection stays; some errors say when to try again.
        console.log(`error ${frame.code}: ${frame.error}`);
        if (!frame.retry_after_ms) return;
        await new Promise((done) => setTimeout(done, frame.retry_after_ms));
        return ask(content);
    }
  }
}

console.log((await nextFrame()).response); // the welcome
// The keyboard is listened to only now: what it said before would be lost.
for await (const line of words.length ? words : createInterface({ input: process.stdin, terminal: false })) {
  if (line.trim()) {
    console.log(`\n> ${line}`);
    await ask(line);
  }
}
socket.onclose = null;
socket.close();
