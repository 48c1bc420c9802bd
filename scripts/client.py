#!/usr/bin/env python3
"""Talk to Lectern from a terminal.

    python3 scripts/client.py            type, and read the reply as it is written
    python3 scripts/client.py --demo     watch a lesson: teaching, continuing, a question in the middle, the lesson again

Needs Python 3.9 or newer and the package `websockets` (pip install websockets).
"""

import argparse
import asyncio
import json
import re
import sys
import textwrap
import threading

try:
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
except ImportError:
    sys.exit("this client needs the package `websockets`, 13 or newer: pip install --upgrade websockets")

DEFAULT_URL = "ws://127.0.0.1:8000/ws/terminal"
REPLY_SECONDS = 300
HELP = "commands: /stop ends a reply, /history shows the conversation, /reset begins a new one, /quit leaves"


class NoReply(Exception):
    """The server did not answer as the protocol says."""


def say(*words, end="\n"):
    print(*words, end=end, flush=True)


def place_of(frame):
    """Where a reply leaves the conversation, in one line."""
    parts = [f"mode: {frame.get('mode')}"]
    if frame.get("current_topic"):
        parts.append(f"topic: {frame['current_topic']}")
    lesson = frame.get("lesson")
    if lesson:
        parts.append(f"lesson: {lesson['title']}, step {lesson['step']} of {lesson['total']}")
    if frame.get("finish") not in (None, "stop"):
        parts.append(f"finish: {frame['finish']}")
    return " | ".join(parts)


def show_citations(citations):
    for number, citation in enumerate(citations or [], start=1):
        page = citation.get("page_label") or citation.get("page")
        say(f"  [{number}] {citation.get('title') or citation.get('book')}, p. {page}: "
            f"“{textwrap.shorten(citation.get('quote', ''), 100, placeholder='…')}”")


class Reader:
    """Shows what the server sends. What has been streamed is not shown again with the whole reply."""

    def __init__(self):
        self.streamed = {}
        self.deltas = 0
        self.waiting = 0

    def show(self, frame):
        kind = frame.get("type")
        if kind in ("response", "error"):
            self.waiting = max(self.waiting - 1, 0)
        if kind == "welcome":
            say(f"{frame['response']}\n({place_of(frame)}, client {frame['client_id']})")
        elif kind == "status":
            position = frame.get("queue_position")
            say(f"  ({frame['state']}{f', number {position} in line' if position else ''})")
        elif kind == "delta":
            self.deltas += 1
            message = frame.get("message_id")
            self.streamed[message] = self.streamed.get(message, "") + frame["delta"]
            say(frame["delta"], end="")
        elif kind == "response":
            self.show_response(frame)
        elif kind == "history":
            self.show_history(frame.get("messages", []))
        elif kind == "error":
            wait = frame.get("retry_after_ms")
            say(f"error {frame['code']}: {frame['error']}{f' (try again in {wait / 1000:g} s)' if wait else ''}")

    def show_response(self, frame):
        streamed = self.streamed.pop(frame.get("message_id"), "")
        whole = frame["response"]
        # After a reconnect only a part was streamed.
        say("" if streamed == whole else whole if not streamed else f"\n{whole}")
        show_citations(frame.get("citations"))
        say(f"  ({place_of(frame)})")

    @staticmethod
    def show_history(messages):
        if not messages:
            say("(nothing yet)")
        for message in messages:
            who = "you" if message.get("role") == "user" else "Lectern"
            say(f"{who}: {message.get('content', '')}")


async def frames(socket):
    async for data in socket:
        yield json.loads(data)


async def send(socket, **frame):
    await socket.send(json.dumps(frame, ensure_ascii=False))


# ---- interactive


async def listen(socket, reader):
    async for frame in frames(socket):
        reader.show(frame)


def typed_lines():
    """A queue of what is typed, ended by an empty string. Its thread does not keep the program from ending."""
    loop = asyncio.get_running_loop()
    lines = asyncio.Queue()

    def read():
        line = " "
        while line:
            line = sys.stdin.readline()
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            except RuntimeError:  # the loop has ended meanwhile
                return

    threading.Thread(target=read, daemon=True).start()
    return lines


async def talk(socket, reader):
    lines = typed_lines()
    while True:
        line = await lines.get()
        words = line.strip()
        if words == "/quit":
            return
        if not line:
            # The end of a file or of a pipe: what was asked is still answered.
            while reader.waiting:
                await asyncio.sleep(0.05)
            return
        if words in ("/stop", "/history", "/reset"):
            await send(socket, type=words[1:])
        elif words.startswith("/"):
            say(HELP)
        elif words:
            reader.waiting += 1
            await send(socket, type="message", content=words, stream=True)


async def interactive(url):
    async with connect(url) as socket:
        say(HELP)
        reader = Reader()
        talking = asyncio.create_task(talk(socket, reader))
        listening = asyncio.create_task(listen(socket, reader))
        done, waiting = await asyncio.wait({talking, listening}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        if listening in done and talking not in done:
            listening.result()
            raise NoReply(f"the server closed the connection (code {socket.close_code}: {socket.close_reason or 'no reason given'})")
    return 0


# ---- demo


async def turn(socket, reader, words):
    """Says something and returns the reply; shows both, and every frame between."""
    say(f"\n--> {words}")
    deltas = reader.deltas
    await send(socket, type="message", content=words, stream=True)
    async for frame in frames(socket):
        reader.show(frame)
        if frame.get("type") == "response":
            if not frame["response"].strip():
                raise NoReply(f"the reply to “{words}” is empty")
            say(f"  <-- {reader.deltas - deltas} deltas, {len(frame['response'])} characters, {len(frame.get('citations') or [])} citations")
            return frame
        if frame.get("type") == "error":
            raise NoReply(f"no reply to “{words}”: {frame['error']}")
    raise NoReply(f"the connection ended before the reply to “{words}”")


async def patient(socket, reader, words):
    try:
        return await asyncio.wait_for(turn(socket, reader, words), REPLY_SECONDS)
    except asyncio.TimeoutError:
        raise NoReply(f"no reply to “{words}” within {REPLY_SECONDS} s") from None


def lesson_step(reply, what):
    lesson = reply.get("lesson")
    if not lesson:
        raise NoReply(f"{what}: the reply is in no lesson ({place_of(reply)})")
    return lesson["step"], lesson["total"]


async def demo(url, topic, question):
    async with connect(url) as socket:
        reader = Reader()
        say("== a fresh conversation")
        welcome = await asyncio.wait_for(frames(socket).__anext__(), REPLY_SECONDS)
        if welcome.get("type") != "welcome":
            raise NoReply(f"the first frame is `{welcome.get('type')}`, not `welcome`")
        await send(socket, type="reset")
        async for frame in frames(socket):
            if frame.get("type") == "welcome":
                reader.show(frame)
                break

        say("\n== teaching")
        first, total = lesson_step(await patient(socket, reader, f"teach me about {topic}"), "teaching")
        say("\n== continuing")
        second, _ = lesson_step(await patient(socket, reader, "continue"), "continuing")
        if second == first and first < total:
            raise NoReply(f"“continue” stayed at step {first} of {total}")
        say("\n== a question in the middle")
        answer = await patient(socket, reader, question)
        resumed, _ = lesson_step(answer, "after the question")
        if not answer.get("citations"):
            raise NoReply(f"the answer to “{question}” cites no page")
        if resumed != second:
            raise NoReply(f"the question moved the lesson from step {second} to step {resumed}")
        say("\n== the lesson goes on where it stood")
        await patient(socket, reader, "continue")

        say("\n== the history, as the server keeps it")
        await send(socket, type="history", limit=20)
        async for frame in frames(socket):
            if frame.get("type") == "history":
                for message in frame["messages"]:
                    who = "you    " if message["role"] == "user" else "Lectern"
                    say(f"  {who} {textwrap.shorten(re.sub(r'[*>#`]', '', message['content']), 90, placeholder='…')}")
                if len(frame["messages"]) < 8:
                    raise NoReply(f"the history has {len(frame['messages'])} messages, not 8")
                break
    say("\nall replies came: taught, continued, answered in the middle, and the lesson resumed")
    return 0


def arguments():
    parser = argparse.ArgumentParser(description="Talk to Lectern from a terminal.")
    parser.add_argument("--url", default=DEFAULT_URL, help=f"the server and the client id, default {DEFAULT_URL}")
    parser.add_argument("--demo", action="store_true", help="show a whole lesson, then end; resets the conversation of this client id")
    parser.add_argument("--topic", default="streams", help="what the demo asks to be taught (default: %(default)s)")
    parser.add_argument("--question", default="What does the pipe function do?", help="what the demo asks in the middle (default: %(default)s)")
    return parser.parse_args()


def main():
    options = arguments()
    run = demo(options.url, options.topic, options.question) if options.demo else interactive(options.url)
    try:
        return asyncio.run(run)
    except KeyboardInterrupt:
        return 130
    except NoReply as problem:
        say(f"\n{problem}")
    except InvalidURI:
        say(f"{options.url} is not an address of a WebSocket; it should look like {DEFAULT_URL}")
    except InvalidStatus as problem:
        reason = problem.response.body.decode(errors="replace").strip() if problem.response.body else ""
        say(f"{options.url}: the server refused with HTTP {problem.response.status_code}. {reason}")
    except ConnectionClosed as problem:
        say(f"\nthe server closed the connection: {problem}")
    except (OSError, InvalidHandshake, asyncio.TimeoutError) as problem:
        say(f"no Lectern answers at {options.url} ({problem or 'no answer in time'}). Is it running? Start it with: lectern serve")
    return 1


if __name__ == "__main__":
    sys.exit(main())
