#!/bin/sh
# SPDX-License-Identifier: ISC
# Tests layers.sh: a small tree that is clean, and one with each breach, which it has to name.
# usage: test_layers.sh [CHECKOUT]
set -u

lint=$(cd "${1:-.}" && pwd)/tests/lint/layers.sh
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT
failures=0

fresh() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/include/hopq"
    for dir in base model core/spf spool/exim proc store act dump tui; do
        mkdir -p "$tree/src/$dir"
    done
    echo '#include <stddef.h>' >"$tree/include/hopq/arena.h"
    echo '#include "hopq/arena.h"' >"$tree/src/base/arena.c"
    echo '#include "cli.h"' >"$tree/src/main.c"
}

fail() {
    echo "FAIL: $1"
    failures=$((failures + 1))
}

# accepts FILE TEXT: no breach
accepts() {
    fresh
    printf '%s\n' "$2" >"$tree/$1"
    out=$(sh "$lint" "$tree" 2>&1) || fail "$1: $2: $out"
}

# rejects FILE TEXT WORDS: one breach, in the last line of TEXT, that says WORDS
rejects() {
    fresh
    printf '%s\n' "$2" >"$tree/$1"
    if out=$(sh "$lint" "$tree" 2>&1); then
        fail "passed: $1: $2"
        return
    fi
    case $out in
    "$1:$(printf '%s\n' "$2" | wc -l | tr -d ' '): "*"$3"*) ;;
    *) fail "$1: $2: wanted '$3', got '$out'" ;;
    esac
    [ "$(printf '%s\n' "$out" | wc -l)" -eq 1 ] || fail "$1: more than one line: $out"
}

# Every pair of layers, up and down.
order='base model core spool proc store act dump'
below=
for layer in $order; do
    for lower in $below; do
        accepts "src/$layer/a.c" "#include \"$lower/x.h\""
        rejects "src/$lower/a.c" "#include \"$layer/x.h\"" "$lower is below $layer"
    done
    accepts "src/$layer/a.c" "#include \"$layer/x.h\""
    accepts "src/main.c" "#include \"$layer/x.h\""
    below="$below $layer"
done
rejects src/act/a.c '#include "tui/x.h"' 'act is below tui'
rejects src/tui/a.c '#include "dump/x.h"' 'know nothing'
rejects src/dump/a.c '  #  include  "tui/x.h" /* why */' 'know nothing'
rejects src/base/a.def '#include "model/x.h"' 'base is below model'

# Public headers.
accepts src/spool/a.c '#include "hopq/trail.h"'
rejects src/model/a.c '#include "hopq/trail.h"' 'model is below core'
rejects src/model/a.c '#include <hopq/trail.h>' 'model is below core'
rejects include/hopq/text.h '#include "hopq/spool.h"' 'base is below spool'
rejects include/hopq/text.h '#include "model/x.h"' 'base is below model'
rejects src/core/a.c '#include "hopq/nothing.h"' 'no such public header'
rejects src/core/a.c '#include "../store/x.h"' 'name it by its layer'

# A public header or a directory that nobody has placed.
fresh
: >"$tree/include/hopq/new.h"
sh "$lint" "$tree" | grep -q 'include/hopq/new.h:0: not in the table' || fail 'new public header'
fresh
mkdir "$tree/src/extra"
: >"$tree/src/extra/a.c"
sh "$lint" "$tree" | grep -q 'src/extra/a.c:0: no such layer' || fail 'unknown layer'

# Modules.
accepts src/core/spf/a.c '#include "parts.h"'
accepts src/core/spf/a.c '#include "core/spf/parts.h"'
accepts src/spool/a.c '#include "core/spf/a.h"'
accepts src/spool/a.c '#include "spool/checks/checks.h"'
rejects src/core/a.c '#include "core/spf/parts.h"' 'core/spf only'
rejects src/spool/exim/a.c '#include "spool/postfix/walk.h"' 'spool/postfix only'
rejects src/proc/a.c '#include "spool/exim/exim.h"' 'spool/exim only'

# Libraries.
accepts src/tui/a.c '#include <ncursesw/ncurses.h>'
accepts src/core/spf/a.c '#include <spf2/spf.h>'
accepts src/core/a.c '#include <gmime/gmime.h>'
accepts src/proc/a.c '#include <ares.h>'
accepts src/tui/a.c '#include "tui/term.h"'
for header in ncurses.h curses.h panel.h term.h ncursesw/curses.h; do
    rejects src/dump/a.c "#include <$header>" 'src/tui/ only'
done
rejects include/hopq/spf.h '#include <spf2/spf.h>' 'src/core/spf/ only'
rejects src/core/spf_run.c '#include <spf2/spf.h>' 'src/core/spf/ only'
rejects src/spool/a.c '#include <gmime/gmime.h>' 'src/core/ only'
rejects src/core/a.c '#include <ares_dns.h>' 'src/proc/ only'

# Calls, and what only looks like one.
for call in strcpy strcat sprintf vsprintf gets system popen atoi atol atoll strtok alloca; do
    rejects src/base/a.c "    x = $call(a, b);" "call of $call()"
    rejects src/base/a.c "/* a
 comment \" */ if (f('\"') && $call (a))" "call of $call()"
    accepts src/base/a.c "hq_$call(a); ${call}_r(b); /* $call(c) */ d(\"\\\"$call(e)\"); // $call(f)"
    accepts src/base/a.c "/* over
 lines $call(a)
 */"
done

# Nothing to look at is no success.
fresh
rm -r "$tree/src" "$tree/include"
sh "$lint" "$tree" >/dev/null 2>&1
[ $? -eq 2 ] || fail 'no checkout'
mkdir -p "$tree/src" "$tree/include/hopq"
sh "$lint" "$tree" >/dev/null 2>&1 && fail 'no sources'

[ "$failures" -eq 0 ] && echo 'layers.sh: all as expected'
exit "$((failures != 0))"
