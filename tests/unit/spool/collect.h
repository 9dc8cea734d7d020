/* SPDX-License-Identifier: ISC */
/* Takes what a spool's parser emits, and makes items of bytes, for the tests of the spools. */
#ifndef HOPQ_TEST_COLLECT_H
#define HOPQ_TEST_COLLECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/spool.h"
#include "spool/files.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct collect {
    struct hq_parse parse;
    struct hq_context *context;
    GPtrArray *messages; /* const struct hq_message * */
    GPtrArray *contents; /* GString *, NULL where there was none */
    int64_t taken;       /* what a stored listing told of itself */
    unsigned notices;
};

static inline void collect_emit(struct hq_parse *parse, struct hq_message *message,
                                const char *content, size_t length)
{
    struct collect *collect = parse->data;

    g_ptr_array_add(collect->messages, message);
    g_ptr_array_add(collect->contents, content ? g_string_new_len(content, (gssize)length) : NULL);
}

static inline void collect_pass(struct hq_parse *parse, struct hq_message *message)
{
    collect_emit(parse, message, NULL, 0);
}

static inline void collect_tell(struct hq_parse *parse, int64_t taken, const char *notice)
{
    struct collect *collect = parse->data;

    if (taken != HQ_NONE)
        collect->taken = taken;
    collect->notices += notice != NULL;
}

static inline void collect_free_content(void *content)
{
    if (content)
        g_string_free(content, TRUE);
}

static inline struct collect *collect_new(void)
{
    struct collect *collect = g_new0(struct collect, 1);

    collect->context = hq_context_new();
    collect->messages = g_ptr_array_new();
    collect->contents = g_ptr_array_new_with_free_func(collect_free_content);
    collect->parse = (struct hq_parse){.context = collect->context,
                                       .reasons = hq_reasons_new(),
                                       .arena = hq_arena_new(),
                                       .source = "test",
                                       .mta = "test",
                                       .emit = collect_emit,
                                       .pass = collect_pass,
                                       .tell = collect_tell,
                                       .data = collect};
    return collect;
}

static inline void collect_free(struct collect *collect)
{
    g_ptr_array_free(collect->messages, TRUE);
    g_ptr_array_free(collect->contents, TRUE);
    hq_reasons_free(collect->parse.reasons);
    hq_arena_free(collect->parse.arena);
    hq_context_free(collect->context);
    g_free(collect);
}

/* The only message so far. */
static inline const struct hq_message *collect_one(const struct collect *collect)
{
    assert_int_equal(collect->messages->len, 1);
    return collect->messages->pdata[0];
}

static inline const char *collect_content(const struct collect *collect, unsigned i)
{
    const GString *content = collect->contents->pdata[i];

    return content ? content->str : NULL;
}

static inline bool collect_has_problem(const struct hq_message *message, const char *part)
{
    for (uint32_t i = 0; i < message->problem_count; i++)
        if (strstr(message->problems[i].what, part))
            return true;
    return false;
}

/* A file in memory with these bytes. */
static inline void collect_file(struct hq_item_file *file, const char *bytes, size_t n,
                                uint32_t mode)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    *file = (struct hq_item_file){
        .fd = fd, .size = (int64_t)n, .mtime = 5000 * HQ_SECOND, .mode = S_IFREG | mode};
}

/* Lists all that LAYOUT has through SPOOL's parser. */
static inline void collect_all(struct collect *collect, const struct hq_spool *spool,
                               struct hq_layout *layout)
{
    struct hq_item item;

    while (spool->layout->next(layout, &item)) {
        spool->parse(&collect->parse, &item);
        hq_item_close(&item);
    }
}

static inline const struct hq_message *collect_find(const struct collect *collect, const char *id)
{
    for (unsigned i = 0; i < collect->messages->len; i++) {
        const struct hq_message *message = collect->messages->pdata[i];
        if (strcmp(message->id, id) == 0)
            return message;
    }
    return NULL;
}

/* ---- directories ---- */

static inline char *collect_tempdir(void)
{
    char *path = g_dir_make_tmp("hopq-test-XXXXXX", NULL);

    assert_non_null(path);
    return path;
}

static inline void collect_mkdir(const char *base, const char *name)
{
    g_autofree char *path = g_build_filename(base, name, NULL);

    assert_int_equal(g_mkdir_with_parents(path, 0755), 0);
}

static inline void collect_write(const char *base, const char *name, const char *bytes, size_t n,
                                 uint32_t mode)
{
    g_autofree char *path = g_build_filename(base, name, NULL);

    assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
    assert_int_equal(chmod(path, mode), 0);
}

static inline void collect_remove(const char *path)
{
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        collect_remove(below);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

/* Ends a test that needs data which is not there. */
#define COLLECT_SKIP(...)                    \
    do {                                     \
        print_message("SKIP: " __VA_ARGS__); \
        skip();                              \
    } while (0)

#endif
