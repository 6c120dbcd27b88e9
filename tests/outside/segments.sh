#!/bin/bash
# Has 10,000 texts counted by us and by Twilio's segment calculator. Usage: tests/outside/segments.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" sms-segments-calculator@1.3.0
PEYK_SEGMENTS="$work/texts" cargo test --test outside segments
compare=$(realpath tests/outside/segments.js)
cd "$work"
node "$compare" "$work/texts"
