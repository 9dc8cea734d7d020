/* SPDX-License-Identifier: ISC */
/* The screen: the only thing other layers see of it. */
#ifndef HOPQ_TUI_TUI_H
#define HOPQ_TUI_TUI_H

#include "proc/session.h"
#include <glib.h>
#include <stdbool.h>

enum hq_color_mode { HQ_COLOR_AUTO, HQ_COLOR_ALWAYS, HQ_COLOR_NEVER };

struct hq_trend_base;

struct hq_tui_options {
    const struct hq_session_options *session;
    const char *const *sources; /* NULL-terminated; NULL: the queues of all MTAs found here */
    const char *filter;         /* NULL: none */
    const char *sort;           /* NULL: oldest first */
    const char *log;            /* "off", or what hq_session_read_log() takes */
    /* Called once the session runs: an earlier look to compare with, owned by the screen; NULL with
     * ERROR. NULL: the first of its own. */
    struct hq_trend_base *(*since)(void *data, GError **error);
    void *since_data;
    const char *theme;        /* NULL: "default" */
    const char *theme_folder; /* beside the configuration that was read; NULL: none */
    enum hq_color_mode color; /* AUTO: colours unless NO_COLOR is set or the terminal has none */
    bool ascii;               /* nothing above 7F; implied by a locale that is not UTF-8 */
    bool demo;                /* says DEMO in the title */
    bool read_only;           /* says so in the title */
    int refresh; /* seconds between two scans; 0: the usual 15; negative: only by key */
};

/* Runs until the user quits or a signal ends it. Returns the exit status; on failure that of
 * ERROR. The terminal is as it was in both cases. */
int hq_tui_run(const struct hq_tui_options *options, GError **error);

#endif
