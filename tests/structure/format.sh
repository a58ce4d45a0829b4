#!/bin/sh
# C sources are as clang-format with .clang-format writes them. usage: format.sh ROOT
cd "$1" || exit
find src tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror
