/* SPDX-License-Identifier: ISC */
/* The command line in the one spelling that GOption reads as users mean it. */
#ifndef HOPQ_ARGS_H
#define HOPQ_ARGS_H

#include <glib.h>

/* ARGV with every option as "--name" or "--name=value": "-n5", "-n 5", "--limit 5" are "--limit=5",
 * and an optional value that is left out is that of the entry's row in args.c. NULL and ERROR
 * (HQ_EXIT_USAGE): no such option, a value where none belongs, or none where one does. */
char **hq_args_spell(char **argv, const GOptionEntry *entries, GError **error);

#endif
