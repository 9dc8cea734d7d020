/* SPDX-License-Identifier: ISC */
/* Configuration of the Sendmail on this machine, read from its own files: sendmail.cf, the
 * submission program's submit.cf, the class files they name, and Debian's sendmail.conf. */
#ifndef HOPQ_SPOOL_SENDMAIL_CONFIG_H
#define HOPQ_SPOOL_SENDMAIL_CONFIG_H

#include "hopq/spool.h"
#include "spool/child.h"

struct hq_sm_config {
    GHashTable *settings; /* char * to char *: options by name; precedences ("Precedence.bulk") */
    GPtrArray *queues;    /* char *: QueueDirectory, then those of queue groups; maybe with "*" */
    GPtrArray *our;       /* char *: class w, class R, names of masquerading */
    char *hostname;       /* of macro j */
    char *smart_host;     /* of macro S */
    GString *unread;      /* tables that name domains and are not text */
    char **others;        /* queue directories besides the one asked for */
    char **submission;    /* the same, of the submission program */
    bool is_submission;   /* the one asked for is its */
};

/* The configuration when PATH is a queue directory of it; NULL: it is not. */
struct hq_sm_config *hq_sm_config_find(const char *path);
void hq_sm_config_free(struct hq_sm_config *config); /* NULL is fine */

bool hq_sm_config_owns(const char *path);

/* Starts the submission program's listing: its set-gid bit lets everybody see mail that waits
 * there. FILE takes a pipe with its output. NULL with FILE->error: it cannot be run. */
struct hq_child *hq_sm_config_list(struct hq_item_file *file);

/* Adds settings, own domains, networks and sending addresses. */
void hq_sm_config_apply(const struct hq_sm_config *config, struct hq_context *context);

/* Reads the text of a configuration file. */
struct hq_sm_config *hq_sm_config_parse(const char *text);

#endif
