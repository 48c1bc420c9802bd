#!/bin/sh
# Feeds damaged and invented files to what reads files from outside, guided by coverage, and stops at the first panic, hang
# or excess of memory, which is kept under target/fuzz/found. Needs g++ besides Rust; no nightly toolchain.
#
#   scripts/fuzz.sh pdf_file|pdf_content|pdf_font|gguf_file [SECONDS] [SEEDS…]
#
# SECONDS is 3600 unless given; SEEDS are folders of files to begin with, besides corpus/ and what earlier runs found out.
set -eu
cd "$(dirname "$0")/.."
target=${1:?"usage: scripts/fuzz.sh pdf_file|pdf_content|pdf_font|gguf_file [SECONDS] [SEEDS…]"}
seconds=${2:-3600}
[ $# -ge 2 ] && shift 2 || shift
out=target/fuzz
mkdir -p "$out/seeds/$target" "$out/found"
features=""
[ "$target" = gguf_file ] && features="--features models"
host=$(rustc -vV | sed -n 's/^host: //p')
# With a target named, build scripts and macros are built without the counters.
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing" \
    cargo build --release --quiet --manifest-path tests/fuzz/Cargo.toml --target-dir "$out" --target "$host" --bin "$target" $features
seeds=""
[ "$target" = pdf_file ] && seeds=corpus
exec "$out/$host/release/$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -max_len=262144 \
    -artifact_prefix="$out/found/$target-" -print_final_stats=1 "$out/seeds/$target" $seeds "$@"
