#!/bin/sh
# modules.sh FOLDER: the packages of package-lock.json in FOLDER/node_modules, unless they are there already.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
cmp -s "$here/package-lock.json" installed && exit
cp "$here/package.json" "$here/package-lock.json" .
npm ci --ignore-scripts --no-audit --no-fund --prefer-offline
cp package-lock.json installed
