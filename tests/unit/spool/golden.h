/* SPDX-License-Identifier: ISC */
/* A spool that real daemons wrote, and what the MTA's own tools said of it at that moment: an
 * archive of development data with the folders spool/ and out/. */
#ifndef HOPQ_TESTS_GOLDEN_H
#define HOPQ_TESTS_GOLDEN_H

#include "collect.h"

#include "../dev_data.h"

static char *golden_root; /* where it is unpacked, once for all tests of a program; NULL: not yet */

/* Unpacks spools/NAME.tar.gz; where it is not there the test ends here, skipped. */
static inline void golden_unpack(const char *name)
{
    char file[64]; /* a test that is skipped frees nothing */
    int status = 1;

    g_snprintf(file, sizeof file, "spools/%s.tar.gz", name);
    const char *archive = dev_data(file);
    if (golden_root)
        return;
    golden_root = collect_tempdir();
    char *argv[] = {"tar", "-xzpf", (char *)archive, "-C", golden_root, "--no-same-owner", NULL};
    bool ran =
        g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL);
    assert_true(ran && status == 0);
}

/* Tear-down of the group. */
static inline int golden_clean(void **state)
{
    (void)state;
    if (golden_root)
        collect_remove(golden_root);
    g_free(golden_root);
    return 0;
}

/* What a tool printed, N bytes (may be NULL); NULL: there is no such file. Caller frees. */
static inline char *golden_out(const char *name, size_t *n)
{
    g_autofree char *path = g_build_filename(golden_root, "out", name, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, n, NULL);
    return text;
}

/* All messages of QUEUE, a path below spool/. */
static inline struct collect *golden_read(const char *scheme, const char *queue, bool body)
{
    const struct hq_spool *spool = hq_spool_find(scheme, strlen(scheme));
    g_autofree char *path = g_build_filename(golden_root, "spool", queue, NULL);
    struct collect *collect = collect_new();
    struct hq_layout *layout = spool->layout->open(path, NULL);

    assert_non_null(layout);
    collect->parse.mta = spool->scheme;
    collect->parse.want_body = body;
    spool->layout->rewind(layout);
    collect_all(collect, spool, layout);
    spool->layout->close(layout);
    return collect;
}

#endif
