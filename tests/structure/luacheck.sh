#!/bin/sh
# Lua sources pass luacheck with .luacheckrc. usage: luacheck.sh ROOT
cd "$1" || exit
for folder in lua scripts tests/desk tests/lua tests/scripts; do
    [ -d "$folder" ] && set -- "$@" "$folder"
done
shift
[ $# -gt 0 ] || exit 0
luacheck --quiet --no-color "$@"
