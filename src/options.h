/* SPDX-License-Identifier: ISC */
/* What the user asked for: the command line over the configuration files. */
#ifndef HOPQ_OPTIONS_H
#define HOPQ_OPTIONS_H

#include "hopq/detail.h"
#include "tui/tui.h"
#include <glib.h>
#include <stdbool.h>

enum hq_job {
    HQ_JOB_SHOW,
    HQ_JOB_DUMP,
    HQ_JOB_EXPLAIN,
    HQ_JOB_SPF,
    HQ_JOB_VERSION,
    HQ_JOB_ACT,
    HQ_JOB_HELP
};

struct hq_options {
    enum hq_job job;
    int format;  /* of the dump */
    char **rest; /* sources; texts of --explain; IP HELO SENDER of --spf; never NULL */
    gboolean demo;
    char *filter;
    char **ids; /* NULL: all */
    gboolean full;
    char *sort;
    int limit; /* -1: none */
    bool group;
    int group_by; /* enum hq_board_key */
    char *log;    /* "off", or what hq_session_read_log() takes; NULL: the usual one */
    char *since;  /* a snapshot; NULL: none */
    char *dns;
    int dns_timeout; /* milliseconds */
    char **our;      /* these may be NULL */
    char **trust;
    char **egress;
    gboolean read_only;
    int verb;         /* of --act: enum hq_verb */
    gboolean yes;     /* really */
    gboolean no_save; /* delete without saving before */
    char *theme;
    char *theme_folder; /* beside the configuration file that was read last */
    enum hq_color_mode color;
    gboolean ascii;
    char *config;
    char *help;  /* the list of options */
    int fail_on; /* enum hq_level; -1: never */
};

/* False with ERROR (HQ_EXIT_USAGE). --help prints and exits. */
bool hq_options_parse(struct hq_options *options, char **argv, GError **error);
void hq_options_clear(struct hq_options *options);

/* Why VALUE is none for option NAME ("egress", without its dashes), NULL: it is fine. */
const char *hq_options_wrong(const char *name, const char *value);
/* All values are fine, and fit to each other; else false with ERROR (HQ_EXIT_USAGE). */
bool hq_options_check(const struct hq_options *options, GError **error);

/* Fills from /etc/hopq/hopq.conf, the user's file, or FILE instead of both, what the command line
 * has left open. A file that is not there is no error unless it is FILE. */
bool hq_config_read(struct hq_options *options, const char *file, GError **error);

#endif
