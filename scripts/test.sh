#!/usr/bin/env bash
# All tests: fetches the two small default models once (about 190 MB), then runs the Rust tests, and those in a real
# browser where Chromium and Node are there. With LECTERN_REQUIRE_ALL=1 nothing may be left out.
set -euo pipefail
cd "$(dirname "$0")/.."

export LECTERN_MODELS="${LECTERN_MODELS:-$PWD/models}"
cargo run --locked --quiet -- models pull
lectern="${CARGO_TARGET_DIR:-$PWD/target}/debug/lectern"

# What the tests of the wire run: an example client's package, and the WebSocket conformance cases.
python_tools="$PWD/target/python-for-tests"
if [ "${LECTERN_REQUIRE_ALL:-}" = 1 ] && ! [ -x "$python_tools/bin/kosoku" ]; then
  python3 -m venv "$python_tools"
  "$python_tools/bin/pip" install --quiet --disable-pip-version-check 'websockets>=13' kosoku==0.1.0
fi
cargo test --locked

browser="${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}"
node_major="$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')"
if [ -n "$browser" ] && command -v npm >/dev/null && [ "${node_major:-0}" -ge 20 ]; then
  npm ci --prefix tests/browser --no-audit --no-fund --silent
  # The books are read once; every server of the tests begins with a copy.
  LECTERN_DATA="$(mktemp -d)"
  export LECTERN_DATA
  trap 'rm -rf "$LECTERN_DATA"' EXIT
  "$lectern" ingest corpus
  CHROMIUM="$browser" LECTERN_BIN="$lectern" npm test --prefix tests/browser
  # What a real server asks is not known beforehand: every kind of question is tried against the stand-in.
  CHROMIUM="$browser" npm run test:stand-in --prefix tests/browser
elif [ "${LECTERN_REQUIRE_ALL:-}" = 1 ]; then
  echo "error: the browser tests need Chromium, npm and Node 20 or newer" >&2
  exit 1
else
  echo "SKIPPED the browser tests: they need Chromium, npm and Node 20 or newer"
fi
