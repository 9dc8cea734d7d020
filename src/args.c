/* SPDX-License-Identifier: ISC */
/* The command line, option by option. Left alone, GOption takes "-size" behind --sort for four
 * options, the source behind --dump for its format, and "--yes=no" for yes. */
#include "args.h"
#include "hopq/error.h"
#include <stdbool.h>
#include <string.h>

#define ATTEMPT "read the command line"

/* What an optional value is when there is none. */
static const struct {
    const char *name;
    const char *value;
} unsaid[] = {{"dump", "text"}, {"group", "reason"}};

static bool is_bare(const GOptionEntry *entry)
{
    return entry->arg == G_OPTION_ARG_NONE || entry->flags & G_OPTION_FLAG_NO_ARG;
}

/* The row of "--name", "--name=…", "-n" or "-n…"; NULL: none. */
static const GOptionEntry *find_entry(const GOptionEntry *entries, const char *arg)
{
    size_t n = strcspn(arg, "=");

    for (; entries->long_name; entries++) {
        bool same = arg[1] == '-' ? strlen(entries->long_name) == n - 2 &&
                                        strncmp(entries->long_name, arg + 2, n - 2) == 0
                                  : entries->short_name == arg[1];
        if (same)
            return entries;
    }
    return NULL;
}

/* The value in ARG itself; NULL: none. */
static const char *own_value(const char *arg)
{
    if (arg[1] != '-')
        return arg[2] ? arg + 2 : NULL;
    arg = strchr(arg, '=');
    return arg ? arg + 1 : NULL;
}

static bool add_option(GStrvBuilder *args, const GOptionEntry *entry, const char *value)
{
    for (unsigned i = 0; !value && i < G_N_ELEMENTS(unsaid); i++)
        if (strcmp(entry->long_name, unsaid[i].name) == 0)
            value = unsaid[i].value;
    g_autofree char *option =
        is_bare(entry) ? g_strconcat("--", entry->long_name, NULL)
                       : g_strconcat("--", entry->long_name, "=", value ? value : "", NULL);
    g_strv_builder_add(args, option);
    return true;
}

static bool refuse(GError **error, const char *arg, const char *cause)
{
    hq_error_set(error, HQ_EXIT_USAGE, 0, ATTEMPT, arg, cause);
    return false;
}

/* Takes the option at ARGV, and what is behind it when that is its value. */
static bool take_option(GStrvBuilder *args, char ***argv, const GOptionEntry *entries,
                        GError **error)
{
    const char *arg = **argv, *value = own_value(arg);
    const GOptionEntry *entry = find_entry(entries, arg);

    if (!entry)
        return refuse(error, arg, "no such option");
    if (is_bare(entry))
        return value ? refuse(error, arg, "takes no value") : add_option(args, entry, NULL);
    if (!value && !(entry->flags & G_OPTION_FLAG_OPTIONAL_ARG)) {
        if (!(*argv)[1])
            return refuse(error, arg, "its value is missing");
        value = *++*argv;
    }
    return add_option(args, entry, value);
}

char **hq_args_spell(char **argv, const GOptionEntry *entries, GError **error)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    bool options = true;

    if (*argv)
        g_strv_builder_add(args, *argv++);
    for (; *argv; argv++) {
        options &= strcmp(*argv, "--") != 0;
        if (!options || **argv != '-' || !(*argv)[1])
            g_strv_builder_add(args, *argv);
        else if (!take_option(args, &argv, entries, error))
            return NULL;
    }
    return g_strv_builder_end(args);
}
