#!/bin/bash
# Holds our SNS requests against moto, another implementation of SNS. Usage: tests/outside/sns_moto.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install 'moto[server]==5.2.5'
"$work/venv/bin/python" -m moto.server --host 127.0.0.1 --port 4611 >"$work/log" 2>&1 &
server=$!
for _ in $(seq 60); do
  curl -s -o /dev/null http://127.0.0.1:4611/moto-api/ && break
  kill -0 "$server" 2>/dev/null || { cat "$work/log"; exit 1; }
  sleep 1
done
cargo test --test outside sns
