/* SPDX-License-Identifier: ISC */
/* What every screen test starts with: cmocka, the program's path, a screen of usual size. */
#ifndef HOPQ_TESTS_SCREEN_TEST_H
#define HOPQ_TESTS_SCREEN_TEST_H

#include "screen.h"
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *program;

/* Up to six arguments, NULL-terminated; waits until the program is idle. */
static inline struct screen *open_screen(int columns, int rows, const char *const *env,
                                         const char *const *arguments)
{
    const char *argv[10] = {program};
    for (int i = 0; arguments && arguments[i] && i < 6; i++)
        argv[i + 1] = arguments[i];
    struct screen *screen = screen_start(columns, rows, argv, env);
    screen_wait(screen);
    return screen;
}

#define ARGUMENTS(...)    \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

#endif
