#!/bin/bash
# Holds our Twilio requests to Twilio's own OpenAPI document, by Prism. Usage: tests/outside/twilio_prism.sh twilio_api_v2010.json
set -euo pipefail
spec=$(realpath "${1:?give the path of twilio_api_v2010.json, see tests/outside/README.md}")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

npm install --silent --no-audit --no-fund --prefix "$work" @stoplight/prism-cli@5.14.2
node "$work/node_modules/@stoplight/prism-cli/dist/index.js" mock --port 4610 --errors "$spec" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 60); do
  grep -q "Prism is listening" "$work/log" && break
  kill -0 "$server" 2>/dev/null || { cat "$work/log"; exit 1; }
  sleep 1
done

# Prism must refuse what is wrong before its silence counts for anything.
status=$(curl -s -o /dev/null -w '%{http_code}' -u a:b -d Too=+15005550006 -d Body=x \
  http://127.0.0.1:4610/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Messages.json)
[ "$status" = 422 ] || { echo "Prism took a message without a recipient (HTTP $status)"; exit 1; }

cargo test --test outside twilio
echo "requests that Prism found valid: $(grep -c 'passed the validation rules' "$work/log")"
echo "requests that Prism found faulty, one of them ours on purpose: $(grep -c 'did not pass the validation rules' "$work/log")"
