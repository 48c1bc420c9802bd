#!/usr/bin/env python3
"""Plays a class that asks at the same moment over WebSockets, and measures when each student sees what.

    scripts/bench_class.py                                # starts target/release/lectern serve on the shipped books
    scripts/bench_class.py --students 1,8,32 --questions FILE.jsonl -- --corpus FOLDER
    scripts/bench_class.py --url ws://HOST:8000           # measures a running one

Every student asks another question (`--questions`: one a line, or JSON lines with a `question`). Prints a table and
asserts nothing. Needs Python 3.9 and the package `websockets` (pip install websockets).
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import time

import bench_server
from bench_server import connect, until

QUESTIONS = [
    "What is a stream?", "Why should you use streams?", "What does pipe do?", "What is backpressure?",
    "How do you create a readable stream?", "How do you consume a readable stream?", "What is a writable stream?",
    "What is a transform stream?", "What is a duplex stream?", "What does concat-stream do?", "What does through do?",
    "What is a self-locking nut?", "Where are self-locking nuts used?", "What is shoe?", "What is dnode?", "What is scuttlebutt?",
]
MODEL_LEAD = "**In short:**"


def arguments():
    own, flags = bench_server.own_and_server_flags()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", help="the lectern to start (default: target/release/lectern)")
    parser.add_argument("--url", help="measure this running server, ws://HOST:PORT, instead of starting one")
    parser.add_argument("--pid", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--students", default="1,8,32", metavar="N,N", help="how many ask at once (default: 1,8,32)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each class asks (default: 3)")
    parser.add_argument("--questions", type=pathlib.Path, metavar="FILE")
    args = parser.parse_args(own)
    args.flags = flags
    return args


def questions(path):
    if path is None:
        return QUESTIONS
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [json.loads(line)["question"] if line.startswith("{") else line for line in lines]


async def ask(client, question):
    """Seconds until the first quote, the first word, the model's first word and the whole reply; None for what never came."""
    seen, text, begun = {}, "", time.perf_counter()
    await client.send(json.dumps({"type": "message", "content": question, "stream": True}))
    while True:
        frame = json.loads(await asyncio.wait_for(client.recv(), 300))
        now = time.perf_counter() - begun
        if frame["type"] == "citations":
            seen.setdefault("quote", now)
        elif frame["type"] == "delta":
            seen.setdefault("word", now)
            text += frame["delta"]
            if MODEL_LEAD in text:
                seen.setdefault("model", now)
        elif frame["type"] == "response":
            return {**seen, "whole": now}
        elif frame["type"] == "error":
            return {frame["code"]: now}


async def measure(url, args):
    asked, all_questions = 0, questions(args.questions)
    print(f"{'':<44} {'median ms':>9} {'p95 ms':>9} {'times':>7}")
    for students in map(int, args.students.split(",")):
        replies, begun = [], time.perf_counter()
        async with contextlib.AsyncExitStack() as stack:
            names = [f"{url}/ws/class-{students}-{number}" for number in range(students)]
            clients = [await stack.enter_async_context(connect(name, open_timeout=60)) for name in names]
            await asyncio.gather(*(until(client, "welcome") for client in clients))
            for _ in range(args.rounds):
                own = [all_questions[(asked + number) % len(all_questions)] for number in range(students)]
                asked += students
                replies += await asyncio.gather(*(ask(client, question) for client, question in zip(clients, own)))
        rows = [("quote", "first quote"), ("word", "first word"), ("model", "the model's first word"), ("whole", "whole reply")]
        for key, what in rows:
            times = [reply[key] * 1000 for reply in replies if key in reply]
            if times:
                bench_server.row(f"{students} students: {what}", times)
        refused = sorted({key for reply in replies for key in reply} - {key for key, _ in rows})
        spent = time.perf_counter() - begun
        print(f"{students} students: {len(replies) / spent:.1f} replies a second" + (f"; errors: {refused}" if refused else ""))


def main():
    args = arguments()
    with bench_server.server(args) as (url, _):
        asyncio.run(measure(url, args))


if __name__ == "__main__":
    main()
