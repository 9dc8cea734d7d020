#!/bin/sh
# SPDX-License-Identifier: ISC
# Writes what is expected of every case anew, from what hopq prints now. Read the difference before
# you commit it: it is what users will see.
# usage: update.sh BUILD-DIRECTORY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
/usr/bin/python3 -B "$here/../e2e/test_golden.py" "$build/hopq" "$build/tests/harness" "$here" --update
git -C "$here" --no-pager diff --stat -- .
