// The conversation's state, without a browser: whatever the connection does, no turn is lost and none is shown twice.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const source = readFileSync(new URL("../../src/server/web/conversation.js", import.meta.url), "utf8");
const { Conversation } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

/** A conversation whose frames and timers are kept for the test to look at and to run. */
function begin() {
  const sent = [];
  const timers = [];
  const finished = [];
  const conversation = new Conversation({
    transmit: (frame) => (sent.push(frame), true),
    changed: () => {},
    finished: (turn) => finished.push(turn.text),
    later: (action) => timers.push(action),
  });
  return { conversation, sent, timers, finished };
}

const welcome = (more = {}) => ({ type: "welcome", response: "Hello", mode: "idle", current_topic: null, resumed: false, ...more });
const history = (...messages) => ({ type: "history", messages });
const asked = (id, content) => ({ message_id: id, role: "user", content });
const replied = (id, content, more = {}) => ({ message_id: id, role: "assistant", content, mode: "idle", citations: [], grounded: true, lesson: null, finish: "stop", ...more });
const response = (id, words, more = {}) => ({ type: "response", message_id: id, response: words, mode: "idle", citations: [], lesson: null, finish: "stop", ...more });
const delta = (id, seq, words) => ({ type: "delta", message_id: id, seq, delta: words });
const receive = (conversation, ...frames) => frames.forEach((frame) => conversation.receive(frame));
const shown = ({ turns }) => turns.map(({ question, text, state }) => [question, text, state]);
const messages = (sent) => sent.filter(({ type }) => type === "message").map(({ content }) => content);

test("what is said before the connection is sent once the history is known", () => {
  const { conversation, sent } = begin();
  conversation.say("hi");
  receive(conversation, welcome());
  assert.deepEqual(messages(sent), []);
  receive(conversation, history());
  assert.deepEqual(messages(sent), ["hi"]);
});

test("deltas join in the order of their numbers, and the response has the last word", () => {
  const { conversation, finished } = begin();
  receive(conversation, welcome(), history());
  conversation.say("hi");
  receive(conversation, { type: "status", message_id: "m1", state: "writing" }, delta("m1", 8, "one "), delta("m1", 10, "three"), delta("m1", 8, "one "));
  assert.deepEqual(shown(conversation), [["hi", "one ", "writing"]]);
  receive(conversation, delta("m1", 9, "two "));
  assert.equal(conversation.turns[0].text, "one two three");
  receive(conversation, response("m1", "one two three."), delta("m1", 9, "two "), response("m1", "one two three."));
  assert.deepEqual(shown(conversation), [["hi", "one two three.", "done"]]);
  assert.deepEqual(finished, ["one two three."]);
});

test("a connection lost in the middle of a reply: the rest is asked for and joins on", () => {
  const { conversation, sent } = begin();
  receive(conversation, welcome(), history());
  conversation.say("hi");
  receive(conversation, delta("m1", 5, "one "));
  conversation.disconnected();
  receive(conversation, welcome({ resumed: true }), history(asked("m1", "hi")));
  assert.deepEqual(sent.at(-1), { type: "resume", after_seq: 5 });
  receive(conversation, delta("m1", 6, "two"), response("m1", "one two"));
  assert.deepEqual(shown(conversation), [["hi", "one two", "done"]]);
  assert.deepEqual(messages(sent), ["hi"]);
});

test("a page loaded in the middle of a reply asks for all of it, also when a later piece comes first", () => {
  const { conversation, sent } = begin();
  receive(conversation, welcome({ resumed: true }), delta("m1", 6, "two"), history(asked("m1", "hi")));
  assert.deepEqual(sent.at(-1), { type: "resume" });
  receive(conversation, delta("m1", 5, "one "), response("m1", "one two"));
  assert.deepEqual(shown(conversation), [["hi", "one two", "done"]]);
});

test("a reply that ended while the connection was lost is shown once, wherever it comes from first", () => {
  for (const frames of [
    [history(asked("m1", "hi"), replied("m1", "whole"))],
    [response("m1", "whole"), history(asked("m1", "hi"), replied("m1", "whole"))],
    [history(asked("m1", "hi")), response("m1", "whole")],
  ]) {
    const { conversation, sent, finished } = begin();
    receive(conversation, welcome(), history());
    conversation.say("hi");
    conversation.disconnected();
    receive(conversation, welcome({ resumed: true }), ...frames);
    assert.deepEqual(shown(conversation), [["hi", "whole", "done"]]);
    assert.deepEqual(messages(sent), ["hi"]);
    assert.deepEqual(finished, ["whole"]);
  }
});

test("what the server never got is sent again, also if the same words were said before", () => {
  const { conversation, sent } = begin();
  receive(conversation, welcome(), history(asked("m1", "continue"), replied("m1", "step")));
  conversation.say("continue");
  conversation.disconnected();
  receive(conversation, welcome({ resumed: true }), history(asked("m1", "continue"), replied("m1", "step")));
  assert.deepEqual(messages(sent), ["continue", "continue"]);
  receive(conversation, response("m2", "next"));
  assert.deepEqual(shown(conversation), [["continue", "step", "done"], ["continue", "next", "done"]]);
});

test("a message that the server lost is offered to be asked again, once", () => {
  const { conversation, sent, timers } = begin();
  receive(conversation, welcome({ resumed: true }), history(asked("m1", "hi")), { type: "error", code: "not_found", error: "nothing to resume" });
  assert.deepEqual(shown(conversation), [["hi", "", "failed"]]);
  timers.forEach((run) => run());
  conversation.again(conversation.turns[0]);
  receive(conversation, response("m2", "hello"));
  assert.deepEqual(shown(conversation), [["hi", "hello", "done"]]);
  conversation.disconnected();
  receive(conversation, welcome({ resumed: true }), history(asked("m1", "hi"), asked("m2", "hi"), replied("m2", "hello")));
  assert.deepEqual(shown(conversation), [["hi", "hello", "done"]]);
  assert.deepEqual(messages(sent), ["hi"]);
});

test("overloaded is tried again by itself once, then left to the student", () => {
  const { conversation, sent, timers } = begin();
  receive(conversation, welcome(), history());
  const overloaded = { type: "error", code: "overloaded", error: "busy", retry_after_ms: 10 };
  conversation.say("hi");
  receive(conversation, overloaded);
  assert.equal(conversation.turns[0].state, "retrying");
  timers.at(-1)();
  assert.deepEqual(messages(sent), ["hi", "hi"]);
  receive(conversation, overloaded);
  assert.deepEqual([conversation.turns[0].state, conversation.turns[0].error.code], ["failed", "overloaded"]);
});

test("a message that was accepted and then refused is tried again under its new name", () => {
  const { conversation, sent, timers } = begin();
  receive(conversation, welcome(), history());
  conversation.say("hi");
  receive(conversation, { type: "status", message_id: "m1", state: "queued", queue_position: 9 });
  receive(conversation, { type: "error", code: "overloaded", error: "busy", retry_after_ms: 10, message_id: "m1" });
  timers.at(-1)();
  receive(conversation, delta("m2", 1, "A"), response("m2", "A"));
  assert.deepEqual(shown(conversation), [["hi", "A", "done"]]);
  assert.deepEqual(messages(sent), ["hi", "hi"]);
});

test("messages sent one after the other get their own replies", () => {
  const { conversation } = begin();
  receive(conversation, welcome(), history());
  conversation.say("a");
  conversation.say("b");
  receive(conversation, delta("m1", 1, "A"), response("m1", "A"), { type: "status", message_id: "m2", state: "queued", queue_position: 2 });
  assert.deepEqual(shown(conversation), [["a", "A", "done"], ["b", "", "queued"]]);
  receive(conversation, response("m2", "B"));
  assert.deepEqual(shown(conversation), [["a", "A", "done"], ["b", "B", "done"]]);
});

test("after a reconnect, what waits behind a running reply is not given up, and is followed in its turn", () => {
  const { conversation, sent, timers } = begin();
  receive(conversation, welcome({ resumed: true }), history(asked("m1", "a"), asked("m2", "b")), { type: "status", message_id: "m1", state: "writing" });
  timers.splice(0).forEach((run) => run());
  assert.deepEqual(shown(conversation), [["a", "", "writing"], ["b", "", "checking"]]);
  receive(conversation, response("m1", "A"));
  assert.deepEqual(sent.at(-1), { type: "resume" });
  receive(conversation, response("m1", "A"), delta("m2", 7, "B"), response("m2", "B"));
  timers.splice(0).forEach((run) => run());
  assert.deepEqual(shown(conversation), [["a", "A", "done"], ["b", "B", "done"]]);
});

test("the lesson and its place come back with the history, and go with the lesson", () => {
  const lesson = { title: "Streams", step: 2, total: 4 };
  const { conversation } = begin();
  receive(conversation, welcome({ resumed: true, mode: "teaching" }), history(asked("m1", "teach"), replied("m1", "words", { mode: "teaching", lesson })));
  assert.deepEqual(conversation.lesson, lesson);
  conversation.say("stop the lesson");
  receive(conversation, response("m2", "done"));
  assert.equal(conversation.lesson, null);
});

test("older turns go before those shown, and a turn cut in two by the limit is joined", () => {
  const { conversation, sent } = begin();
  receive(conversation, welcome({ resumed: true }), history(replied("m2", "B"), asked("m3", "c"), replied("m3", "C")));
  conversation.earlier();
  assert.deepEqual(sent.at(-1).before, "m3");
  receive(conversation, history(asked("m1", "a"), replied("m1", "A"), asked("m2", "b"), replied("m2", "B")));
  assert.deepEqual(shown(conversation), [["a", "A", "done"], ["b", "B", "done"], ["c", "C", "done"]]);
});

test("a new conversation is empty, also when it was asked for without a connection", () => {
  for (const connected of [true, false]) {
    const { conversation, sent } = begin();
    receive(conversation, welcome({ resumed: true }), history(asked("m1", "a"), replied("m1", "A")));
    if (!connected) conversation.transmit = () => false;
    conversation.reset();
    conversation.transmit = (frame) => (sent.push(frame), true);
    if (!connected) receive(conversation, welcome({ resumed: true }));
    assert.equal(sent.filter(({ type }) => type === "reset").length, 1);
    receive(conversation, welcome(), history());
    assert.deepEqual(conversation.turns, []);
  }
});

test("a reply can be stopped, and a message that was not sent yet can be taken back", () => {
  const { conversation, sent } = begin();
  conversation.say("too early");
  conversation.stop();
  receive(conversation, welcome(), history());
  assert.deepEqual(messages(sent), []);
  conversation.say("hi");
  conversation.stop();
  assert.deepEqual(sent.at(-1), { type: "stop" });
  receive(conversation, response("m1", "ha", { finish: "cancelled" }));
  assert.deepEqual([conversation.turns.at(-1).finish, conversation.current], ["cancelled", null]);
});
