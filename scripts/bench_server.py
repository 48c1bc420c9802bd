#!/usr/bin/env python3
"""Measures what a Lectern server costs around the model: connecting, answering, idle clients, memory per client.

    scripts/bench_server.py                        # starts target/release/lectern serve on a free port
    scripts/bench_server.py path/to/lectern        # starts that one
    scripts/bench_server.py --url ws://HOST:8000   # measures a running one (memory with --pid, on the same machine)
    scripts/bench_server.py lectern -- --models DIR --model NAME    # flags for `lectern serve`

Prints a table and asserts nothing. Needs Python 3.9 and the package `websockets` (pip install websockets).
"""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

try:
    from websockets.asyncio.client import connect
except ImportError:
    sys.exit("this needs the package `websockets`, 13 or newer: pip install websockets")

READY_S = 600  # a first run may fetch models and read books


def own_and_server_flags():
    """What is said before `--`, and after it."""
    own, flags = sys.argv[1:], []
    if "--" in own:
        cut = own.index("--")
        own, flags = own[:cut], own[cut + 1 :]
    return own, flags


def arguments():
    own, flags = own_and_server_flags()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", help="the lectern to start (default: target/release/lectern)")
    parser.add_argument("--url", help="measure this running server, ws://HOST:PORT, instead of starting one")
    parser.add_argument("--pid", type=int, help="process of the server at --url, for its memory")
    parser.add_argument("--clients", type=int, default=200, help="idle connections at once (default: 200)")
    parser.add_argument("--rounds", type=int, default=200, help="measurements per row (default: 200)")
    args = parser.parse_args(own)
    if args.clients < 1 or args.rounds < 1:
        parser.error("--clients and --rounds must be at least 1")
    args.flags = flags
    return args


def find_binary(given):
    root = pathlib.Path(__file__).resolve().parent.parent
    built = root / "target/release/lectern"
    found = shutil.which(given) if given else (str(built) if built.is_file() else shutil.which("lectern"))
    if not found:
        sys.exit(f"no program {given or built}; build it with `cargo build --release`, or give its path")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def health(url):
    http = url.replace("ws://", "http://", 1).replace("wss://", "https://", 1)
    with urllib.request.urlopen(f"{http}/health", timeout=5) as answer:
        return json.load(answer)


@contextlib.contextmanager
def server(args):
    """The url and process id of the server to measure."""
    if args.url:
        yield args.url.rstrip("/"), args.pid
        return
    binary = find_binary(args.binary)
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as data:
        flags = args.flags if "--data" in args.flags else [*args.flags, "--data", data]
        command = [binary, "serve", "--addr", address, *flags]
        print("$", " ".join(command), file=sys.stderr)
        process = subprocess.Popen(command, env={"LECTERN_LOG": "warn", **os.environ})
        try:
            wait_until_ready(f"ws://{address}", process)
            yield f"ws://{address}", process.pid
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(url, process):
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"the server ended with exit code {process.returncode} before it was ready")
        try:
            health(url)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"the server was not ready after {READY_S} s")


def rss_kib(pid):
    """Resident memory of a process; nothing where /proc is not."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def row(what, values_ms):
    ordered = sorted(values_ms)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    print(f"{what:<44} {statistics.median(ordered):>9.2f} {p95:>9.2f} {len(ordered):>7}")


async def until(client, kind):
    while True:
        frame = json.loads(await asyncio.wait_for(client.recv(), 60))
        if frame["type"] == kind:
            return frame
        if frame["type"] == "error":
            sys.exit(f"the server answered {frame}")


async def round_trips(client, frame, answer, rounds):
    text, times = json.dumps(frame), []
    for _ in range(rounds):
        begun = time.perf_counter()
        await client.send(text)
        await until(client, answer)
        times.append((time.perf_counter() - begun) * 1000)
    return times


async def connect_times(url, rounds):
    times = []
    for number in range(rounds):
        begun = time.perf_counter()
        async with connect(f"{url}/ws/bench-connect-{number}") as client:
            await until(client, "welcome")
            times.append((time.perf_counter() - begun) * 1000)
    return times


async def measure(url, pid, args):
    print(f"{'':<44} {'median ms':>9} {'p95 ms':>9} {'times':>7}")
    row("connect, until the welcome", await connect_times(url, args.rounds))
    async with connect(f"{url}/ws/bench-frames") as client:
        await until(client, "welcome")
        row("ping -> pong", await round_trips(client, {"type": "ping"}, "pong", args.rounds))
        row("history -> history (reads the database)", await round_trips(client, {"type": "history"}, "history", args.rounds))
        row("reset -> welcome (writes the database)", await round_trips(client, {"type": "reset"}, "welcome", args.rounds))
    await asyncio.sleep(0.5)  # The connections from before are gone.
    before = rss_kib(pid) if pid else None
    async with contextlib.AsyncExitStack() as stack:
        begun = time.perf_counter()
        joining = [stack.enter_async_context(connect(f"{url}/ws/bench-idle-{n}", open_timeout=60)) for n in range(args.clients)]
        clients = await asyncio.gather(*joining)
        await asyncio.gather(*(until(client, "welcome") for client in clients))
        print(f"\n{args.clients} clients joined at once in {(time.perf_counter() - begun) * 1000:.0f} ms")
        active = health(url)["active_connections"]
        begun = time.perf_counter()
        await asyncio.gather(*(round_trips(client, {"type": "ping"}, "pong", 1) for client in clients))
        print(f"{active} connections open; all {len(clients)} answered a ping within {(time.perf_counter() - begun) * 1000:.0f} ms")
        after = rss_kib(pid) if pid else None
        if before and after:
            each = (after - before) / args.clients
            print(f"server memory {before / 1024:.1f} -> {after / 1024:.1f} MiB: {each:.1f} KiB per further client")
        else:
            print("server memory: not known (give --pid on the server's own machine)")


def main():
    args = arguments()
    with server(args) as (url, pid):
        asyncio.run(measure(url, pid, args))


if __name__ == "__main__":
    main()
