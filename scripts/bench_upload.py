#!/usr/bin/env python3
"""What a class waits for while the teacher adds a book, beside what it waits for otherwise.

    scripts/bench_upload.py BOOK.pdf                        # starts target/release/lectern on a copy of the shipped books
    scripts/bench_upload.py BOOK.pdf path/to/lectern --students 8 --runs 3 -- --models DIR

The same class plays the same lessons with and without an upload, in turn, `--runs` times each; with it, the book is read,
removed and read again until the class is done. Prints both, the ratio of their medians and how much of the book was read.
Whatever is lost or swapped is told as in load_class.py, and makes the exit status 1.

Needs Python 3.9 and the package `websockets` (pip install websockets). The client takes processor time too.
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

import bench_server
import load_class
from load_class import ROWS, QUESTIONS, Student, doors

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    own, flags = bench_server.own_and_server_flags()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", type=pathlib.Path, help="a PDF that is not among the shipped books")
    parser.add_argument("binary", nargs="?", help="the lectern to start (default: target/release/lectern)")
    parser.add_argument("--students", type=int, default=8, help="how many at once (default: 8)")
    parser.add_argument("--runs", type=int, default=3, help="classes of each kind (default: 3)")
    parser.add_argument("--think", type=float, default=2, metavar="S", help="most seconds before each turn (default: 2)")
    args = parser.parse_args(own)
    args.flags, args.url, args.login, args.rounds, args.all_questions = flags, None, None, 1, QUESTIONS
    args.run = uuid.uuid4().hex[:8]
    return args


class Uploads(threading.Thread):
    """Adds the book, removes it and adds it again, until it is told to stop."""

    def __init__(self, url, book):
        super().__init__(daemon=True)
        self.http, self.content = url.replace("ws", "http", 1), book.read_bytes()
        self.over, self.chunks, self.books, self.problem = threading.Event(), 0, 0, None

    def run(self):
        try:
            while not self.over.is_set():
                self.one()
        except (OSError, urllib.error.HTTPError) as problem:
            self.problem = problem

    def one(self):
        name, boundary = f"upload-{uuid.uuid4().hex[:8]}.pdf", uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        # Another file each time, with the same pages.
        body = head + self.content + f"\n% {name}\n".encode() + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        done, last = 0, None
        with urllib.request.urlopen(urllib.request.Request(f"{self.http}/api/books", body, kind), timeout=600) as events:
            for line in events:
                if not line.startswith(b"data:"):
                    continue
                last = json.loads(line[5:])
                if last["stage"] == "embedding":
                    self.chunks, done = self.chunks + last["done"] - done, last["done"]
        if last is None or last["stage"] != "done":
            raise OSError(f"the book was not read: {last}")
        self.books += 1
        request = urllib.request.Request(f"{self.http}/api/books/{last['book']}", method="DELETE")
        urllib.request.urlopen(request, timeout=60).close()


async def play(args, name):
    """One class; the times by what was waited for, and the faults."""
    ways = await doors(args, [f"{name}-{number}" for number in range(args.students)])
    students = [Student(number, args, door) for number, door in enumerate(ways)]
    async with contextlib.AsyncExitStack() as stack:
        await asyncio.gather(*(student.enter(stack) for student in students))
        await asyncio.gather(*(student.play() for student in students))
    times = {key: [value for student in students for value in student.times[key]] for key in ROWS}
    return times, [fault for student in students for fault in student.faults]


def measure(args, url):
    args.url = url
    times = {kind: {key: [] for key in ROWS} for kind in ("alone", "beside")}
    faults, chunks, books, spent = [], 0, 0, 0.0
    for run in range(args.runs):
        for kind in ("alone", "beside") if run % 2 == 0 else ("beside", "alone"):
            uploads = Uploads(url, args.book)
            begun = time.monotonic()
            if kind == "beside":
                uploads.start()
            found, wrong = asyncio.run(play(args, f"{kind}-{run}"))
            for key, values in found.items():
                times[kind][key] += values
            faults += wrong
            if kind == "beside":
                spent += time.monotonic() - begun
                uploads.over.set()
                uploads.join()
                chunks, books = chunks + uploads.chunks, books + uploads.books
                faults += [f"the upload failed: {uploads.problem}"] * bool(uploads.problem)
    print(f"{'':<52} {'p50 ms':>9} {'p95 ms':>9} {'p99 ms':>9} {'times':>7}")
    for key, what in ROWS.items():
        if not times["alone"][key]:
            continue
        load_class.print_row(f"{what}, alone", times["alone"][key])
        load_class.print_row(f"{what}, beside an upload", times["beside"][key])
        ratio = statistics.median(times["beside"][key]) / statistics.median(times["alone"][key])
        print(f"{'':<44} {ratio:>8.2f}x")
    print(f"beside: {books} books, {chunks} chunks embedded in about {spent:.0f} s; {len(faults) or 'nothing'} lost or swapped")
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


def main():
    args = arguments()
    binary = args.binary = bench_server.find_binary(args.binary)
    with tempfile.TemporaryDirectory() as folder:
        corpus, data = pathlib.Path(folder) / "corpus", pathlib.Path(folder) / "data"
        shutil.copytree(ROOT / "corpus", corpus)
        models = args.flags[args.flags.index("--models") :][:2] if "--models" in args.flags else []
        subprocess.run([binary, "ingest", "--data", data, *models, corpus], check=True, stdout=subprocess.DEVNULL)
        args.flags += ["--corpus", str(corpus), "--data", str(data)]
        with bench_server.server(args) as (url, _):
            return measure(args, url)


if __name__ == "__main__":
    sys.exit(main())
