/* SPDX-License-Identifier: ISC */
/* A test of what every row of spools.def promises, held against a small spool of each. */
#ifndef HOPQ_TESTS_CONFORMANCE_H
#define HOPQ_TESTS_CONFORMANCE_H

#include "conformance_fixtures.h"

/* A row, its fixture in a directory of its own, and its path there. */
struct subject {
    const struct hq_spool *spool;
    const struct fixture *fixture;
    char *base, *path;
};

static inline void subject_open(struct subject *subject, unsigned row)
{
    subject->spool = &hq_spools[row];
    subject->fixture = NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(fixtures); i++)
        if (strcmp(fixtures[i].scheme, subject->spool->scheme) == 0)
            subject->fixture = &fixtures[i];
    if (!subject->fixture)
        fail_msg("no fixture for %s: add one to conformance_fixtures.h", subject->spool->scheme);
    subject->base = collect_tempdir();
    subject->path = g_build_filename(subject->base, subject->fixture->path, NULL);
    subject->fixture->build(subject->base);
}

static inline void subject_close(struct subject *subject)
{
    collect_remove(subject->base);
    g_free(subject->base);
    g_free(subject->path);
}

static inline struct hq_layout *open_layout(const struct subject *subject)
{
    GError *error = NULL;
    struct hq_layout *layout = subject->spool->layout->open(subject->path, &error);

    if (!layout)
        fail_msg("%s: %s", subject->spool->scheme, error->message);
    return layout;
}

static inline struct collect *list(const struct subject *subject, struct hq_layout *layout)
{
    struct collect *collect = collect_new();

    subject->spool->layout->rewind(layout);
    collect_all(collect, subject->spool, layout);
    return collect;
}

static inline const struct hq_message *by_sender(const struct collect *collect, const char *sender)
{
    for (unsigned i = 0; i < collect->messages->len; i++) {
        const struct hq_message *message = collect->messages->pdata[i];
        if (g_strcmp0(message->sender, sender) == 0)
            return message;
    }
    return NULL;
}

static inline void collect_files(const char *path, GPtrArray *files)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    if (!dir && g_file_test(path, G_FILE_TEST_IS_REGULAR))
        g_ptr_array_add(files, g_strdup(path));
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        collect_files(below, files);
    }
    if (dir)
        g_dir_close(dir);
}

static inline void for_all(void (*check)(const struct subject *subject))
{
    struct subject subject;

    for (unsigned row = 0; row < hq_spool_count; row++) {
        subject_open(&subject, row);
        check(&subject);
        subject_close(&subject);
    }
}

#define FOR_ALL(check)                    \
    static void all_##check(void **state) \
    {                                     \
        (void)state;                      \
        for_all(check);                   \
    }

#endif
