#!/bin/sh
# SPDX-License-Identifier: ISC
# test_install.sh CMAKE BUILD: what is installed works, also when the prefix was moved: the demo tells
# the same as that of the build (retry times are the files' times), and the manual is there.
set -eu
cmake=$1
build=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

fail() {
    echo "FAIL: $*"
    exit 1
}

# Without what differs: the place, and how long it took.
demo() {
    LC_ALL=C.UTF-8 "$1" --demo --dump=ndjson --full >"$place/raw" ||
        [ $? -eq 2 ] || fail "$1 --demo: exit status $?"
    sed 's/"source":"[^"]*"//; s/"took":[0-9.]*//' "$place/raw"
}

"$cmake" --install "$build" --prefix "$place/first" >"$place/log" || fail "$(cat "$place/log")"
mv "$place/first" "$place/moved"

demo "$build/hopq" >"$place/built.ndjson"
demo "$place/moved/bin/hopq" >"$place/installed.ndjson"
[ "$(grep -c '"type":"message"' "$place/built.ndjson")" -gt 60 ] || fail "the demo has no messages"
grep -q '"next_attempt":"2' "$place/built.ndjson" || fail "no message has a next attempt"
cmp "$place/built.ndjson" "$place/installed.ndjson" || fail "the installed demo differs"

for page in man1/hopq.1 man7/hopq-filter.7; do
    [ -s "$place/moved/share/man/$page" ] || fail "no $page"
done
for theme in "$place"/moved/share/hopq/themes/*.theme; do
    [ -s "$theme" ] || fail "no themes"
done
