#!/bin/sh
# Pins every dependency with its hashes; needs uv. The output names no registry.
set -eu
cd "$(dirname "$0")/.."
for group in build:requirements.txt dev:requirements-dev.txt; do
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --group "${group%%:*}" pyproject.toml --output-file "${group#*:}"
done
