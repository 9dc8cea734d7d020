/* SPDX-License-Identifier: ISC */
/* The samples that come with hopq: a queue and a Maildir as a real daemon left them. */
#ifndef HOPQ_DEMO_H
#define HOPQ_DEMO_H

#include <glib.h>

/* Their sources, NULL-terminated (g_strfreev). Sets the clock (HOPQ_NOW) to the moment they were
 * taken at: their retry times mean nothing at any other. NULL with ERROR. */
char **hq_demo_sources(GError **error);

#endif
