/* SPDX-License-Identifier: ISC */
/* The commands of [act]: argument lists from the ways of a spool. Nothing gets into them but the
 * table's own words, the configuration directory, and ids that the spool's grammar takes. */
#include "hopq/io.h"
#include "proc/act.h"
#include "spool/child.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BATCH      1000
#define ARGS_MAX   100000 /* bytes of ids as arguments: below MAX_ARG_STRLEN and any ARG_MAX */
#define OUTPUT_MAX ((size_t)1024 * 1024)
#define TIMEOUT    (120 * 1000) /* milliseconds without a word */

/* NAME takes "config" of "{config}"; false: ARG is no such thing, or "{id}". */
static bool variable_of(const char *arg, char name[32])
{
    size_t n = strlen(arg);

    if (n < 3 || n > 32 || arg[0] != '{' || arg[n - 1] != '}')
        return false;
    memcpy(name, arg + 1, n - 2);
    name[n - 2] = '\0';
    return strcmp(name, "id") != 0;
}

char **hq_act_expand(const struct hq_act_source *source, const struct hq_way *way)
{
    g_autoptr(GPtrArray) out = g_ptr_array_new();
    char name[32];

    for (unsigned i = 0; i < G_N_ELEMENTS(way->argv) && way->argv[i]; i++) {
        const char *arg = way->argv[i];
        if (variable_of(arg, name)) {
            arg = source->ops->value ? source->ops->value(source->changer, name) : NULL;
            if (!arg && out->len) /* the option before it goes, too */
                g_free(g_ptr_array_remove_index(out, out->len - 1));
        }
        if (arg)
            g_ptr_array_add(out, g_strdup(arg));
    }
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_steal(out, NULL);
}

static bool needs_quotes(const char *arg)
{
    for (; *arg; arg++)
        if (!g_ascii_isalnum(*arg) && !strchr("/-_.,:=+@%{}", *arg))
            return true;
    return false;
}

char *hq_act_describe(const struct hq_act_source *source, const struct hq_way *way)
{
    g_auto(GStrv) argv = hq_act_expand(source, way);
    GString *line = g_string_new(NULL);

    for (unsigned i = 0; argv[i]; i++) {
        g_autofree char *quoted = needs_quotes(argv[i]) ? g_shell_quote(argv[i]) : NULL;
        g_string_append_printf(line, "%s%s", i ? " " : "", quoted ? quoted : argv[i]);
    }
    return g_string_free(line, FALSE);
}

unsigned hq_act_share(const struct hq_way *way, const char *const *ids, unsigned count)
{
    unsigned most = MIN(count, way->batch ? way->batch : BATCH);
    size_t bytes = 0;

    if (way->feed != HQ_FEED_ARGS)
        return most;
    for (unsigned i = 0; i < most; i++) {
        bytes += strlen(ids[i]) + 32; /* what stands around it, and its pointer */
        if (i && bytes > ARGS_MAX)
            return i;
    }
    return most;
}

/* Each argument with "{id}" in it, once for each id. */
static char **put_ids(char **argv, const char *const *ids, unsigned count)
{
    g_autoptr(GPtrArray) out = g_ptr_array_new();

    for (unsigned i = 0; argv[i]; i++) {
        const char *at = strstr(argv[i], "{id}");
        if (!at)
            g_ptr_array_add(out, g_strdup(argv[i]));
        for (unsigned k = 0; at && k < count; k++)
            g_ptr_array_add(out, g_strdup_printf("%.*s%s%s", (int)(at - argv[i]), argv[i], ids[k],
                                                 at + strlen("{id}")));
    }
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_steal(out, NULL);
}

/* Ids as a file to read; -1 with errno. */
static int ids_file(const char *const *ids, unsigned count)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    int fd = memfd_create("ids", MFD_CLOEXEC);

    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(lines, "%s\n", ids[i]);
    if (fd >= 0 && (!hq_io_write_all(fd, lines->str, lines->len) || lseek(fd, 0, SEEK_SET))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void hq_act_start(const struct hq_act_source *source, const struct hq_way *way,
                  const char *const *ids, unsigned count, struct hq_act_job *job)
{
    g_auto(GStrv) words = hq_act_expand(source, way);
    g_auto(GStrv) argv = put_ids(words, ids, count);
    int input = way->feed == HQ_FEED_INPUT ? ids_file(ids, count) : -1;

    *job = (struct hq_act_job){.lasts = (int)way->lasts};
    if (way->feed != HQ_FEED_INPUT || input >= 0)
        job->child = hq_child_begin((const char *const *)argv, input, &job->out);
    job->error = job->child ? 0 : errno;
    if (input >= 0)
        close(input);
}

struct hq_act_end *hq_act_finish(struct hq_act_job *job)
{
    struct hq_act_end *end = g_new0(struct hq_act_end, 1);

    end->output = g_string_new(NULL);
    if (!job->child)
        end->status = -1;
    else if (job->lasts)
        end->status = hq_child_watch(job->child, job->out, OUTPUT_MAX, job->lasts, end->output);
    else
        end->status = hq_child_end(job->child, job->out, OUTPUT_MAX, TIMEOUT, end->output);
    end->error = !job->child ? job->error : end->status < 0 ? errno : 0;
    end->left = end->error == EINPROGRESS;
    if (end->left)
        end->status = end->error = 0;
    return end;
}

void hq_act_end_free(struct hq_act_end *end)
{
    if (end)
        g_string_free(end->output, TRUE);
    g_free(end);
}

/* ---- what it says ---- */

const char *hq_act_end_words(const struct hq_act_end *end, struct hq_arena *arena)
{
    if (end->error == ETIME)
        return hq_arena_printf(arena, "said nothing for %d s, and was ended", TIMEOUT / 1000);
    if (end->error == ECANCELED)
        return "was ended by a signal";
    return hq_arena_printf(arena, "could not be run: %s", g_strerror(end->error));
}

/* The line of its output that names ID, else its last; NULL: it says nothing. Tools tell of
 * messages in the order that they got them. */
static const char *line_of(struct hq_act_end *end, const char *id, struct hq_arena *arena)
{
    const char *start = end->output->str, *last = start + end->output->len;

    while (last > start && g_ascii_isspace(last[-1]))
        last--;
    if (last == start)
        return NULL;
    const char *found = strstr(start + end->at, id);
    if (!found)
        found = strstr(start, id);
    if (!found || found >= last)
        found = last;
    else
        end->at = (size_t)(found - start);
    while (found > start && found[-1] != '\n')
        found--;
    size_t n = strcspn(found, "\n");
    return hq_arena_dup(arena, found, MIN(n, (size_t)(last - found)));
}

const char *hq_act_words(struct hq_act_end *end, const char *id, struct hq_arena *arena)
{
    const char *line = line_of(end, id, arena);

    if (end->error)
        return hq_arena_printf(arena, "the command %s%s%s", hq_act_end_words(end, arena),
                               line ? ": " : "", line ? line : "");
    if (line && end->status)
        return line;
    if (line)
        return hq_arena_printf(arena, "the queue does not show it; the command said: %s", line);
    return end->status ? hq_arena_printf(arena, "exit status %d", end->status)
                       : "the command said nothing, and nothing was done";
}
