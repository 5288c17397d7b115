#!/usr/bin/env bash
# Holds an AsyncAPI document against the AsyncAPI project's own parser, installed through npm beside the virtual environment.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.venv/asyncapi

if ! command -v npm >/dev/null; then
    echo "npm is missing: the AsyncAPI document was not held against the AsyncAPI parser" >&2
    if [ "${CI:-}" = true ]; then exit 1; else exit 0; fi
fi
if ! cmp -s "$here/package-lock.json" "$tools/package-lock.json" || ! [ -e "$tools/.installed" ]; then
    rm -rf "$tools"
    mkdir -p "$tools"
    cp "$here/package.json" "$here/package-lock.json" "$tools"
    npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error
    touch "$tools/.installed"
fi
cp "$here/check.mjs" "$tools"
exec node "$tools/check.mjs" "$@"
