#!/usr/bin/env python3
"""Plays a class of N students against a real server, measures what they wait for, and checks that nothing is lost or swapped.

    scripts/load_class.py                                   # starts target/release/lectern serve on the shipped books
    scripts/load_class.py path/to/lectern -- --models DIR --corpus FOLDER    # that one, with flags for `serve`
    scripts/load_class.py --students 1,32 --rounds 3 --think 20 --idle 0
    scripts/load_class.py --url ws://HOST:8000 --login K7M3QD      # a running class; its code where one must join

Every student plays the same kind of lesson with other words: teach me, a question, continue, two messages at once, what is
not in the books, a quiz. Questions carry the mark of their student and turn, "(s007-3)". All students begin at the same moment;
`--think` lets each wait a while before each turn. Whoever is told `overloaded` or `rate_limited` waits as told and repeats.

Checked: every message got exactly one answer, in order; an answer's words are its deltas joined; no words come for
another message; no frame carries another student's mark; message ids are never used twice; and at the end the history
of each student is what was said and answered, no more, no less. Exits with 1 if not. Afterwards idle clients and their memory;
a server that has just answered takes it from what it freed, so `--students 0` tells more.

Needs Python 3.9 and the package `websockets` (pip install websockets). The client takes processor time too, from the server
if both are on one machine. A server that was not started here keeps the conversations, of students `load-…`.
"""

import argparse
import asyncio
import collections
import contextlib
import json
import pathlib
import random
import re
import resource
import sys
import time
import urllib.error
import urllib.request

import bench_server
from bench_server import connect, health, rss_kib, until
from websockets.exceptions import ConnectionClosed, InvalidStatus

TOPICS = ["readable streams", "Boots Self-Locking Nut", "Newton's laws of motion", "Simple Harmonic Motion", "why you should use streams"]
QUESTIONS = [
    "What is a stream?", "Why should you use streams?", "What does pipe do?", "What is backpressure?",
    "How do you create a readable stream?", "How do you consume a readable stream?", "What is a writable stream?",
    "What is a transform stream?", "What is a duplex stream?", "What does concat-stream do?", "What does through do?",
    "What is a self-locking nut?", "Where are self-locking nuts used?", "What is shoe?", "What is dnode?", "What is scuttlebutt?",
]
PICTURES = ["sun", "fish", "tree"]
MARK = re.compile(r"\b(s\d{3,})-\d+\b")
ANSWER_S = 600
ANSWERS = ("citations", "delta", "response", "error")
PAGE = 200  # entries of history
MODEL_LEAD = "**In short:**"
ROWS = {
    "connect": "connect, until the welcome", "quote": "first quote", "word": "first word", "model": "the model's first word",
    "whole": "whole answer",
}


def arguments():
    own, flags = bench_server.own_and_server_flags()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", help="the lectern to start (default: target/release/lectern)")
    parser.add_argument("--url", help="measure this running server, ws://HOST:PORT, instead of starting one")
    parser.add_argument("--pid", type=int, help="process of the server at --url, for its memory")
    parser.add_argument("--login", metavar="CODE", help="the class code of the server at --url")
    parser.add_argument("--students", default="1,8,30,100", metavar="N,N", help="how many at once, 0 for none (default: 1,8,30,100)")
    parser.add_argument("--rounds", type=int, default=1, help="how often each plays its lesson (default: 1)")
    parser.add_argument("--think", type=float, default=0, metavar="S", help="most seconds before each turn (default: 0)")
    parser.add_argument("--idle", type=int, default=1000, help="idle connections at the end (default: 1000)")
    parser.add_argument("--questions", type=pathlib.Path, metavar="FILE", help="one a line, or JSON lines with a `question`")
    args = parser.parse_args(own)
    args.flags, args.run = flags, f"{random.randrange(1 << 32):08x}"
    args.all_questions = read_questions(args.questions) if args.questions else QUESTIONS
    return args


def read_questions(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [json.loads(line)["question"] if line.startswith("{") else line for line in lines]


def lesson(mark, number, all_questions):
    """What a student says, turn by turn; what stands in one turn is said at once."""
    def question(turn):
        return f"{all_questions[(3 * number + turn) % len(all_questions)]} ({mark}-{turn})"

    topic = TOPICS[number % len(TOPICS)]
    return [
        [f"teach me about {topic}"], [question(2)], ["continue"], [question(4), "continue"],
        [f"teach me about the volcanoes of {mark}-5"], [f"quiz me on {topic}"], [f"I think it is a kind of {topic} ({mark}-7)"],
        [question(8)],
    ]


class Student:
    """One student: says a lesson, and keeps what came of every message."""

    def __init__(self, number, args, door):
        self.number, self.args, self.door = number, args, door
        self.mark = f"s{number:03}"
        self.faults, self.times, self.errors = [], collections.defaultdict(list), collections.Counter()
        # What the history must say: (message id, role, content).
        self.story = []
        self.parts, self.echoed = {}, 0

    async def enter(self, stack):
        begun = time.perf_counter()
        self.client = await stack.enter_async_context(self.door.connect())
        await until(self.client, "welcome")
        self.times["connect"].append(time.perf_counter() - begun)

    def fault(self, what):
        self.faults.append(f"{self.mark}: {what}")

    async def play(self):
        turns = [turn for _ in range(self.args.rounds) for turn in lesson(self.mark, self.number, self.args.all_questions)]
        waiting = collections.deque(turns)
        try:
            while waiting:
                await asyncio.sleep(random.random() * self.args.think)
                refused, wait = await self.turn(waiting.popleft())
                waiting.extendleft([content] for content in reversed(refused))
                await asyncio.sleep(wait)
            await self.nothing_more()
            await self.compare_history()
        except asyncio.TimeoutError:
            self.fault(f"no answer within {ANSWER_S} s")
        except ConnectionClosed as problem:
            self.fault(f"the connection ended: {problem}")

    async def frame(self):
        text = await asyncio.wait_for(self.client.recv(), ANSWER_S)
        foreign = {mark for mark in MARK.findall(text) if mark != self.mark}
        if foreign:
            self.fault(f"SWAPPED: a frame carries the mark of {sorted(foreign)}: {text[:200]}")
        return json.loads(text)

    async def turn(self, contents):
        """Says these at once and reads until each is answered. What was refused, and how long to wait then."""
        expected, refused, wait, seen, answered = collections.deque(contents), [], 0, {}, None
        begun = time.perf_counter()
        for content in contents:
            await self.client.send(json.dumps({"type": "message", "content": content, "stream": True}))
        while expected:
            frame = await self.frame()
            now, kind, message_id = time.perf_counter() - begun, frame["type"], frame.get("message_id")
            if kind == "citations":
                seen.setdefault("quote", now)
            elif kind == "delta":
                seen.setdefault("word", now)
                self.parts[message_id] = self.parts.get(message_id, "") + frame["delta"]
                if MODEL_LEAD in self.parts[message_id]:
                    seen.setdefault("model", now)
            elif kind == "response":
                if len(expected) == len(contents):  # What was said behind it waited for it.
                    for what, value in {**seen, "whole": now}.items():
                        self.times[what].append(value)
                answered = expected.popleft()
                self.answered(answered, frame)
            elif kind == "error":
                self.errors[frame["code"]] += 1
                # Without an id it was not taken in: most likely the last that was said.
                content = expected.popleft() if message_id else expected.pop()
                if message_id:
                    self.story.append((message_id, "user", content))
                if "retry_after_ms" in frame and frame["retry_after_ms"] is not None:
                    refused.insert(0, content)
                    wait = max(wait, frame["retry_after_ms"] / 1000)
                elif not message_id:
                    self.fault(f"{content!r} was refused: {frame}")
        if answered and refused and len(contents) == 2:
            refused = [await self.which_was_refused(answered, refused[0])]
        return refused, wait

    async def which_was_refused(self, answered, refused):
        """Of two that were said at once one was refused: the history knows which. What is to be said again."""
        message_id, _, words = self.story[-1]
        last = next((one["content"] for one in await self.history(None) if (one["message_id"], one["role"]) == (message_id, "user")), None)
        if last == refused:
            self.story[-2:] = [(message_id, "user", refused), (message_id, "assistant", words)]
            return answered
        return refused

    async def history(self, before):
        asked = {"type": "history", "limit": PAGE, **({"before": before} if before else {})}
        await self.client.send(json.dumps(asked))
        while (frame := await self.frame())["type"] != "history":
            if frame["type"] in ANSWERS:
                self.fault(f"a frame that answers nothing: {json.dumps(frame)[:200]}")
        return frame["messages"]

    def answered(self, content, frame):
        message_id, words = frame["message_id"], frame["response"]
        self.story += [(message_id, "user", content), (message_id, "assistant", words)]
        streamed = self.parts.pop(message_id, None)
        if streamed is not None and streamed != words:
            self.fault(f"the words of {content!r} came as {streamed[:80]!r} and then as {words[:80]!r}")
        if self.parts:
            self.fault(f"words came for {sorted(self.parts)} while {message_id} was answered")
            self.parts.clear()
        self.echoed += bool(MARK.search(words))

    async def nothing_more(self):
        await self.client.send(json.dumps({"type": "ping"}))
        while (frame := await self.frame())["type"] != "pong":
            if frame["type"] in ANSWERS:
                self.fault(f"a frame that answers nothing: {json.dumps(frame)[:200]}")

    async def compare_history(self):
        kept, before = [], None
        while page := await self.history(before):
            if before == page[0]["message_id"]:
                self.fault(f"LOST: the history before {before} begins with it")
                break
            kept = [(one["message_id"], one["role"], one["content"]) for one in page] + kept
            before = page[0]["message_id"]
            if len(page) < PAGE - 1:  # One less where a message and its reply would not both fit.
                break
        if kept != self.story:
            at = next((n for n, pair in enumerate(zip(kept, self.story)) if pair[0] != pair[1]), min(len(kept), len(self.story)))
            self.fault(f"LOST: the history has {len(kept)} entries, {len(self.story)} were said; the first other one: "
                       f"{kept[at:at + 1]} instead of {self.story[at:at + 1]}")


class NotLetIn(Exception):
    """The server does not want these students."""


class Door:
    """How one client gets in: by its id, and by a token where the server asks for one."""

    def __init__(self, args, name):
        self.args, self.client_id, self.token = args, f"load-{args.run}-{name}", None

    async def join(self):
        """Joins the class as a new student; as often as the server says `later`."""
        if not self.args.login or not (await asyncio.to_thread(ask_http, self.args.url, "/api/me")).get("login"):
            return
        asked = {"code": self.args.login, "name": self.client_id, "pin": PICTURES}
        while True:
            try:
                answer = await asyncio.to_thread(ask_http, self.args.url, "/api/join", asked)
                self.client_id, self.token = answer["client_id"], answer["token"]
                return
            except urllib.error.HTTPError as problem:
                if problem.code != 429:
                    why = problem.read().decode(errors="replace")
                    raise NotLetIn(f"{asked['name']} may not join: HTTP {problem.code} {why}") from None
                await asyncio.sleep(float(problem.headers.get("Retry-After") or 1))

    def connect(self):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else None
        return connect(f"{self.args.url}/ws/{self.client_id}", open_timeout=120, additional_headers=headers, ping_interval=None)


def ask_http(url, path, body=None):
    http = url.replace("ws", "http", 1) + path
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(http, data, {"Content-Type": "application/json"} if body else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


async def doors(args, names):
    made = [Door(args, name) for name in names]
    for few in range(0, len(made), 16):
        await asyncio.gather(*(door.join() for door in made[few : few + 16]))
    return made


@contextlib.asynccontextmanager
async def most_memory(pid):
    """The most memory of the server meanwhile, in a list of one; looked up twice a second."""
    most = [rss_kib(pid) or 0 if pid else 0]

    async def watch():
        while pid:
            await asyncio.sleep(0.5)
            most[0] = max(most[0], rss_kib(pid) or 0)

    watching = asyncio.create_task(watch())
    try:
        yield most
    finally:
        watching.cancel()


def print_row(what, seconds):
    ordered = sorted(1000 * value for value in seconds)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 0.99)]
    print(f"{what:<44} {at[0]:>9.1f} {at[1]:>9.1f} {at[2]:>9.1f} {len(ordered):>7}")


async def play_class(pid, args, number_of):
    """Plays one class; prints its rows; returns its faults."""
    ways = await doors(args, [f"{number_of}-{number}" for number in range(number_of)])
    students = [Student(number, args, door) for number, door in enumerate(ways)]
    async with contextlib.AsyncExitStack() as stack, most_memory(pid) as memory:
        await asyncio.gather(*(student.enter(stack) for student in students))
        begun = time.perf_counter()
        await asyncio.gather(*(student.play() for student in students))
        spent = time.perf_counter() - begun
    for key, what in ROWS.items():
        times = [value for student in students for value in student.times[key]]
        if times:
            print_row(f"{number_of} students: {what}", times)
    answers = [entry for student in students for entry in student.story if entry[1] == "assistant"]
    errors = sum((student.errors for student in students), collections.Counter())
    told = ", ".join(f"{code} {count}" for code, count in errors.most_common()) or "none"
    size = f"; memory {memory[0] / 1024:.0f} MiB at most" if memory[0] else ""
    print(f"{number_of} students: {60 * len(answers) / spent:.0f} whole answers a minute; errors: {told}{size}")
    faults = [fault for student in students for fault in student.faults]
    seen = collections.Counter(entry[0] for entry in answers)
    faults += [f"SWAPPED: the message id {one} was used {count} times" for one, count in seen.items() if count > 1]
    entries = sum(len(student.story) for student in students)
    print(f"{number_of} students: {len(answers)} answers, {entries} entries of history compared, {sum(s.echoed for s in students)} "
          f"answers name their own mark; {len(faults) or 'nothing'} lost or swapped\n")
    return faults


async def idle_clients(pid, args):
    """Opens connections that say nothing; prints what each costs."""
    await asyncio.sleep(1)  # The connections from before are gone.
    ways, refused, times = await doors(args, [f"idle-{number}" for number in range(args.idle)]), collections.Counter(), []
    before, clients = rss_kib(pid) if pid else None, []
    async with contextlib.AsyncExitStack() as stack:

        async def enter(door):
            try:
                begun = time.perf_counter()
                client = await stack.enter_async_context(door.connect())
                await until(client, "welcome")
                times.append(time.perf_counter() - begun)
                clients.append(client)
            except InvalidStatus as problem:
                refused[f"HTTP {problem.response.status_code}"] += 1

        for few in range(0, len(ways), 100):
            await asyncio.gather(*(enter(door) for door in ways[few : few + 100]))
        print_row(f"{len(clients)} idle clients: connect, 100 at once", times)
        told = ", ".join(f"{count} refused with {code}" for code, count in refused.items()) or "none refused"
        after, active = rss_kib(pid) if pid else None, health(args.url)["active_connections"]
        each = f"; memory {before / 1024:.0f} -> {after / 1024:.0f} MiB, {(after - before) / len(clients):.1f} KiB each" if before else ""
        begun = time.perf_counter()
        await asyncio.gather(*(bench_server.round_trips(client, {"type": "ping"}, "pong", 1) for client in clients))
        spent = 1000 * (time.perf_counter() - begun)
        print(f"{active} connections open, {told}{each}; all answered a ping within {spent:.0f} ms")


async def measure(url, pid, args):
    args.url, faults = url, []
    print(f"{'':<44} {'p50 ms':>9} {'p95 ms':>9} {'p99 ms':>9} {'times':>7}")
    for number_of in filter(None, map(int, args.students.split(","))):
        faults += await play_class(pid, args, number_of)
    if args.idle:
        await idle_clients(pid, args)
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


def main():
    args = arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # A server that is started here inherits it.
    with bench_server.server(args) as (url, pid):
        try:
            return asyncio.run(measure(url, pid, args))
        except NotLetIn as problem:
            print(problem)
        except InvalidStatus as problem:
            code = problem.response.status_code
            print(f"the server refused a student with HTTP {code}{': give the class code with --login' * (code == 401)}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
