/* SPDX-License-Identifier: ISC */
/* Lines of sendmail.cf that say something about queues, times and domains: options (O), macros (D),
 * classes (C, F), precedences (P), queue groups (Q), tables (K). op/op.me chapter 5, Sendmail
 * 8.17. */
#include "cf.h"
#include "config.h"
#include <string.h>

/* The name that the setting is asked for by, whatever the case of NAME; NULL: not wanted. Caller
 * frees. */
static char *wanted_option(const char *name)
{
    static const char *const names[] = {"MinQueueAge", "MaxQueueAge", "ClientPortOptions"};
    static const char timeout[] = "Timeout.";
    g_autofree char *lower = g_ascii_strdown(name, -1);

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(name, names[i]) == 0)
            return g_strdup(names[i]);
    return g_str_has_prefix(lower, "timeout.queue")
               ? g_strconcat(timeout, lower + strlen(timeout), NULL)
               : NULL;
}

static void set(struct hq_sm_config *config, const char *name, const char *value)
{
    g_hash_table_replace(config->settings, g_strdup(name), g_strdup(value));
}

static gboolean is_class_of(gpointer key, gpointer value, gpointer data)
{
    const char *general = data;
    size_t n = strlen(general);

    (void)value;
    return strncmp(key, general, n) == 0 && ((const char *)key)[n] == '.';
}

/* "O Name=value", or of old "OXvalue" with a letter for a name: Q the queue, T return and warning
 * times. What is set for all classes goes over what was set for one of them before. */
static void take_option(struct hq_sm_config *config, char *line)
{
    if (*line != ' ') {
        char *slash = strchr(line, '/');
        if (*line == 'Q') {
            g_ptr_array_insert(config->queues, 0, g_strdup(line + 1));
        } else if (*line == 'T') {
            if (slash) {
                set(config, "Timeout.queuewarn", slash + 1);
                *slash = '\0';
            }
            set(config, "Timeout.queuereturn", line + 1);
        }
        return;
    }
    char *equal = strchr(line, '=');
    if (!equal)
        return;
    *equal = '\0';
    const char *name = g_strstrip(line), *value = g_strstrip(equal + 1);
    g_autofree char *wanted = wanted_option(name);
    if (g_ascii_strcasecmp(name, "QueueDirectory") == 0)
        g_ptr_array_insert(config->queues, 0, g_strdup(value));
    if (!wanted)
        return;
    g_hash_table_foreach_remove(config->settings, is_class_of, wanted);
    set(config, wanted, value);
}

/* Name of a macro or class at the beginning of REST: a letter, or "{long}". What follows it. */
static char *take_name(char *rest, const char **name, size_t *n)
{
    char *end = *rest == '{' ? strchr(rest, '}') : NULL;

    *name = end ? rest + 1 : rest;
    *n = end ? (size_t)(end - rest - 1) : *rest != '\0';
    return end ? end + 1 : rest + *n;
}

static bool is_named(const char *name, size_t n, const char *wanted)
{
    return strlen(wanted) == n && strncmp(name, wanted, n) == 0;
}

/* Classes of domains that mail is taken for: w is ourselves, R what we relay for. */
static bool is_ours(const char *name, size_t n)
{
    static const char *const names[] = {"w", "R", "VirtHost", "M"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (is_named(name, n, names[i]))
            return true;
    return false;
}

static void add_words(struct hq_sm_config *config, const char *words)
{
    g_auto(GStrv) split = g_strsplit_set(words, " \t", -1);

    for (unsigned i = 0; split[i]; i++)
        if (*split[i] && !strchr(split[i], '$'))
            g_ptr_array_add(config->our, g_strdup(split[i]));
}

static void take_class(struct hq_sm_config *config, char *line)
{
    const char *name;
    size_t n;
    const char *words = take_name(line, &name, &n);

    if (is_ours(name, n))
        add_words(config, words);
}

/* Notes that WHAT, which we cannot read, names domains. */
static void note_unread(struct hq_sm_config *config, const char *what)
{
    g_string_append_printf(config->unread, "%s%s", config->unread->len ? ", " : "", what);
}

/* "Fw-o /etc/mail/local-host-names %[^\#]": a word a line. */
static void take_class_file(struct hq_sm_config *config, char *line)
{
    const char *name;
    size_t n;
    char *path = take_name(line, &name, &n);

    if (!is_ours(name, n))
        return;
    if (g_str_has_prefix(path, "-o"))
        path += 2;
    path = g_strchug(path);
    path[strcspn(path, " \t")] = '\0';
    g_autofree char *text = hq_sm_config_slurp(path);
    if (!text) {
        if (!g_path_is_absolute(path) || g_file_test(path, G_FILE_TEST_EXISTS))
            note_unread(config, path);
        return;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        lines[i][strcspn(lines[i], "#")] = '\0';
        add_words(config, lines[i]);
    }
}

static void take_macro(struct hq_sm_config *config, char *line)
{
    const char *name;
    size_t n;
    const char *value = take_name(line, &name, &n);

    if (!*value || strchr(value, '$'))
        return;
    if (is_named(name, n, "j")) {
        g_free(config->hostname);
        config->hostname = g_strdup(value);
    } else if (is_named(name, n, "M")) {
        add_words(config, value);
    } else if (is_named(name, n, "S")) {
        /* "DSesmtp:[smart.example]": a mailer may stand before the host (cf/README, SMART_HOST) */
        const char *colon = strchr(value, ':');
        g_free(config->smart_host);
        config->smart_host = g_strdup(colon && colon[1] ? colon + 1 : value);
    }
}

/* "Pbulk=-60" */
static void take_precedence(struct hq_sm_config *config, char *line)
{
    char *equal = strchr(line, '=');

    if (!equal)
        return;
    *equal = '\0';
    g_autofree char *lower = g_ascii_strdown(line, -1);
    g_autofree char *name = g_strconcat("Precedence.", lower, NULL);
    set(config, name, equal + 1);
}

/* "Qslow, Path=/var/spool/mqueue/slow*, Interval=1h" */
static void take_group(struct hq_sm_config *config, char *line)
{
    g_auto(GStrv) words = g_strsplit(line, ",", -1);

    for (unsigned i = 0; words[i]; i++) {
        const char *word = g_strstrip(words[i]);
        const char *equal = strchr(word, '=');
        if ((*word == 'P' || *word == 'p') && equal && equal[1] == '/')
            g_ptr_array_add(config->queues, g_strdup(equal + 1));
    }
}

/* "Kmailertable hash -o /etc/mail/mailertable.db" */
static void take_table(struct hq_sm_config *config, char *line)
{
    static const char *const domains[] = {"mailertable", "virtuser", "domaintable"};

    for (unsigned i = 0; i < G_N_ELEMENTS(domains); i++) {
        const char *path = strchr(line, '/');
        if (path && g_str_has_prefix(line, domains[i]))
            note_unread(config, path);
    }
}

static void take_line(struct hq_sm_config *config, char *line)
{
    static const struct {
        char letter;
        void (*take)(struct hq_sm_config *config, char *line);
    } takes[] = {{'O', take_option},     {'D', take_macro}, {'C', take_class},
                 {'F', take_class_file}, {'Q', take_group}, {'P', take_precedence},
                 {'K', take_table}};

    g_strchomp(line);
    for (unsigned i = 0; i < G_N_ELEMENTS(takes); i++)
        if (*line == takes[i].letter)
            takes[i].take(config, line + 1);
}

struct hq_sm_config *hq_sm_config_parse(const char *text)
{
    struct hq_sm_config *config = g_new0(struct hq_sm_config, 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    config->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    config->queues = g_ptr_array_new_with_free_func(g_free);
    config->our = g_ptr_array_new_with_free_func(g_free);
    config->unread = g_string_new(NULL);
    for (unsigned i = 0; lines[i]; i++)
        take_line(config, lines[i]);
    return config;
}
