/* SPDX-License-Identifier: ISC */
/* The samples that come with hopq: a queue and a Maildir as a real daemon left them, and the
 * configuration that tells what that daemon's own would. */
#ifndef HOPQ_DEMO_H
#define HOPQ_DEMO_H

#include <glib.h>

struct hq_options;

/* Reads the samples' configuration into OPTIONS, before any other: what the command line has set
 * stays. Sets the clock (HOPQ_NOW, unless it is set) to the moment the samples were taken at: their
 * retry times mean nothing at any other. False with ERROR. */
gboolean hq_demo_configure(struct hq_options *options, GError **error);

/* Their sources, NULL-terminated (g_strfreev). */
char **hq_demo_sources(void);

#endif
