#!/usr/bin/env python3
"""How good and how fast `lectern extract` reads the PDFs of a folder, beside poppler and PDFium.

    pip install pypdfium2 rapidfuzz; apt install poppler-utils time
    python3 scripts/measure_text.py FOLDER… [--binary target/release/lectern] [--runs 5]

Quality. Words on which poppler and PDFium agree are what a page says; words that only one of them finds count neither way.
Recall is the share of the agreed words that we have, precision the share of our words that at least one of them has, F1
their harmonic mean. Order is the longest common subsequence of our words and the better reference's, over their common
words. Files on which the references agree by less than 60 % or on fewer than 20 words are left out.

Speed. Every file is read by `lectern extract` and by `pdftotext` by turns; printed are the medians over the runs of the
whole folder in CPU seconds, their ratio, pages per CPU second, and the largest resident memory of either.
"""

import argparse, json, re, statistics, subprocess, sys, unicodedata
from collections import Counter
from pathlib import Path

import pypdfium2
from rapidfuzz.distance import LCSseq

# Scripts without spaces: each letter is a word.
SINGLE = [(0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF)]
IGNORED = dict.fromkeys([0xAD, 0x61C, 0x640, 0xFEFF, 0x2060, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
BROKEN_WORD = re.compile("([^\\W\\d_])[-\u2010\u2011\x02\ufffe][ \t]*\r?\n\\s*([^\\W\\d_])")


def words(text):
    text = unicodedata.normalize("NFKC", BROKEN_WORD.sub(r"\1\2", text).translate(IGNORED)).lower()
    found, word = [], ""
    for letter in text + " ":
        counts = unicodedata.category(letter)[0] in "LNM"
        single = counts and any(low <= ord(letter) <= high for low, high in SINGLE)
        if counts and not single:
            word += letter
            continue
        if word:
            found.append(word)
            word = ""
        if single:
            found.append(letter)
    return found


def run(command):
    """Output, CPU seconds and peak resident bytes of one process, as `time` (GNU) tells them: what Python itself would tell
    of the memory is at least Python's own."""
    done = subprocess.run(["time", "-q", "-f", "%U %S %M", *command], capture_output=True)
    user, system, kilobytes = done.stderr.decode("utf-8", "replace").splitlines()[-1].split()
    return done.stdout, float(user) + float(system), int(kilobytes) * 1024


def poppler(path):
    return run(["pdftotext", "-enc", "UTF-8", str(path), "-"])[0].decode("utf-8", "replace").split("\f")


def pdfium(path):
    try:
        document = pypdfium2.PdfDocument(path)
        return [page.get_textpage().get_text_bounded() for page in document]
    except pypdfium2.PdfiumError:
        return []


def ours(binary, path):
    output = run([binary, "extract", str(path)])[0].decode("utf-8", "replace")
    return {row["page"]: row["text"] for row in map(json.loads, output.splitlines())}


def in_order(ours, theirs):
    """Length of the longest common subsequence and of what both have."""
    common = Counter(ours) & Counter(theirs)

    def kept(words):
        seen = Counter()
        return [word for word in words if seen.update([word]) or seen[word] <= common[word]]

    left, right = kept(ours), kept(theirs)
    return LCSseq.similarity(left, right), len(left)


def score(binary, path):
    first, second, found = poppler(path), pdfium(path), ours(binary, path)
    agreed = any_of = had = shown = right = ordered = common = 0
    for number in range(max(len(first), len(second))):
        a, b = (words(pages[number]) if number < len(pages) else [] for pages in (first, second))
        own = words(found.get(number + 1, ""))
        both, either, counted = Counter(a) & Counter(b), Counter(a) | Counter(b), Counter(own)
        agreed += both.total()
        any_of += either.total()
        had += (counted & both).total()
        shown += len(own)
        right += (counted & either).total()
        if both.total() >= 8:
            best = max((in_order(own, other) for other in (a, b)), key=lambda pair: pair[0] / max(pair[1], 1))
            ordered, common = ordered + best[0], common + best[1]
    if agreed < 20 or agreed < 0.6 * any_of:
        return None
    recall, precision = had / agreed, right / max(shown, 1)
    return 2 * recall * precision / max(recall + precision, 1e-9), ordered / max(common, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--binary", default="target/release/lectern")
    parser.add_argument("--runs", type=int, default=5, help="timed runs over the folder, by turns")
    args = parser.parse_args()
    for folder in args.folders:
        files = sorted(folder.rglob("*.pdf"))
        scores = []
        for path in files:
            result = score(args.binary, path)
            scores += [result] if result else []
            print(f"{path.name:60} " + ("F1 {:.3f} order {:.3f}".format(*result) if result else "no agreement to measure by"))
        if not scores:
            sys.exit(f"{folder}: no file to measure by")
        f1, order = zip(*scores)
        print(f"\n{folder}: {len(f1)} of {len(files)} files; F1 median {statistics.median(f1):.3f} mean {statistics.mean(f1):.3f} "
              f"at least .95 {100 * sum(value >= 0.95 for value in f1) / len(f1):.0f} %; order median {statistics.median(order):.3f}")
        commands = {"lectern": lambda path: [args.binary, "extract", str(path)], "pdftotext": lambda path: ["pdftotext", str(path), "-"]}
        seconds, memory = {name: [] for name in commands}, Counter()
        num_pages = sum(len(pdfium(path)) for path in files)
        for _ in range(args.runs):
            total = Counter()
            for path in files:
                for name, command in commands.items():
                    _, cpu, peak = run(command(path))
                    total[name] += cpu
                    memory[name] = max(memory[name], peak)
            for name in commands:
                seconds[name].append(total[name])
        for name, runs in seconds.items():
            median = statistics.median(runs)
            print(f"{name:10} {median:7.2f} CPU s, {num_pages / median:6.0f} pages a CPU second, at most {memory[name] / 2**20:.0f} MiB")
        ratio = statistics.median(b / a for a, b in zip(seconds["lectern"], seconds["pdftotext"]))
        print(f"pdftotext takes {ratio:.2f} times the CPU time of lectern (median of {args.runs} runs by turns)\n")


if __name__ == "__main__":
    main()
