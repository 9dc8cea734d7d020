/* SPDX-License-Identifier: ISC */
/* The TUI over the fake session: what the screen tests start, and a way to look at the screen
 * without a queue. */
#include "fake_session.h"
#include "tui/tui.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static struct hq_session_options session;
    struct hq_tui_options options = {.session = &session, .refresh = -1};
    g_autofree char *filter = NULL, *sort = NULL, *theme = NULL;
    int messages = (int)hq_fake.messages, batch = (int)hq_fake.batch, dies_in = 0;
    gboolean ascii = FALSE, demo = FALSE, read_only = FALSE, crash = FALSE, gone = FALSE,
             not_root = FALSE;
    gboolean never_ends = FALSE, tell_scans = FALSE, mailbox = FALSE, colors = FALSE,
             notice = FALSE, log = FALSE, no_way_out = FALSE, held = FALSE;
    g_auto(GStrv) sources = NULL;
    const GOptionEntry entries[] = {
        {"messages", 0, 0, G_OPTION_ARG_INT, &messages, "of the first scan", "N"},
        {"batch", 0, 0, G_OPTION_ARG_INT, &batch, "messages at a time", "N"},
        {"filter", 'f', 0, G_OPTION_ARG_STRING, &filter, NULL, NULL},
        {"sort", 's', 0, G_OPTION_ARG_STRING, &sort, NULL, NULL},
        {"theme", 0, 0, G_OPTION_ARG_STRING, &theme, NULL, NULL},
        {"refresh", 0, 0, G_OPTION_ARG_INT, &options.refresh, "seconds; -1: by key", "N"},
        {"ascii", 0, 0, G_OPTION_ARG_NONE, &ascii, NULL, NULL},
        {"colors", 0, 0, G_OPTION_ARG_NONE, &colors, NULL, NULL},
        {"demo", 0, 0, G_OPTION_ARG_NONE, &demo, NULL, NULL},
        {"read-only", 0, 0, G_OPTION_ARG_NONE, &read_only, NULL, NULL},
        {"crash", 0, 0, G_OPTION_ARG_NONE, &crash, "on opening a message", NULL},
        {"gone", 0, 0, G_OPTION_ARG_NONE, &gone, "messages are gone when opened", NULL},
        {"notice", 0, 0, G_OPTION_ARG_NONE, &notice, "the scan has something to tell", NULL},
        {"tell-scans", 0, 0, G_OPTION_ARG_NONE, &tell_scans, "each says if it is in full", NULL},
        {"mailbox", 0, 0, G_OPTION_ARG_NONE, &mailbox, "no message has recipients", NULL},
        {"held", 0, 0, G_OPTION_ARG_NONE, &held, "every second message is on hold", NULL},
        {"no-way-out", 0, 0, G_OPTION_ARG_NONE, &no_way_out, "no destination is reached", NULL},
        {"mail-log", 0, 0, G_OPTION_ARG_NONE, &log, "a line about each message", NULL},
        {"not-root", 0, 0, G_OPTION_ARG_NONE, &not_root, "a source hides something", NULL},
        {"dies-in", 0, 0, G_OPTION_ARG_INT, &dies_in, "scan that [spool] dies of", "N"},
        {"never-ends", 0, 0, G_OPTION_ARG_NONE, &never_ends, "the scan stays open", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, (gpointer)&sources, NULL, NULL},
        {0}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 64;
    }
    hq_fake = (struct hq_fake){.messages = (unsigned)messages,
                               .batch = (unsigned)MAX(batch, 1),
                               .crash = crash,
                               .gone = gone,
                               .notice = notice,
                               .tell_scans = tell_scans,
                               .mailbox = mailbox,
                               .no_way_out = no_way_out,
                               .held = held,
                               .read_only = read_only || demo,
                               .log = log,
                               .not_root = not_root,
                               .dies_in = (unsigned)dies_in,
                               .never_ends = never_ends};
    options.sources = (const char *const *)sources;
    options.filter = filter;
    options.sort = sort;
    options.theme = theme;
    options.ascii = ascii;
    options.demo = demo;
    options.read_only = read_only;
    options.color = colors ? HQ_COLOR_ALWAYS : HQ_COLOR_AUTO;
    int status = hq_tui_run(&options, &error);
    if (error)
        fprintf(stderr, "hopq: %s\n", error->message);
    return status;
}
