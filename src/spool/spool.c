/* SPDX-License-Identifier: ISC */
/* The table of spools, and which of them a SOURCE of the command line is. */
#include "hopq/error.h"
#include "spools.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const struct hq_spool hq_spools[] = {
#define HQ_SPOOL(scheme, title, prefix) \
    {scheme,                            \
     title,                             \
     hq_##prefix##_recognise,           \
     hq_##prefix##_default,             \
     &hq_##prefix##_layout,             \
     hq_##prefix##_parse},
#include "spools.def"
#undef HQ_SPOOL
};
const unsigned hq_spool_count = G_N_ELEMENTS(hq_spools);

const struct hq_spool *hq_spool_find(const char *scheme, size_t n)
{
    for (unsigned i = 0; i < hq_spool_count; i++)
        if (strlen(hq_spools[i].scheme) == n && memcmp(hq_spools[i].scheme, scheme, n) == 0)
            return &hq_spools[i];
    return NULL;
}

bool hq_spool_names(const struct hq_spool *spool, const char *id, const char *wanted)
{
    return strcmp(id, wanted) == 0 || (spool->layout->names && spool->layout->names(id, wanted));
}

/* Why PATH, which is there, is no spool of this row; NULL: it may be one. */
static const char *why_not(const struct hq_spool *spool, const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_DIR) && spool->layout->why_not
               ? spool->layout->why_not(path)
               : NULL;
}

/* The user named both the row and the path. */
static const struct hq_spool *resolve_named(const struct hq_spool *spool, const char *given,
                                            const char **path, GError **error)
{
    struct stat st;

    *path = *given ? given : spool->default_path();
    if (!*path)
        hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "open", spool->scheme, "no path given");
    else if (strcmp(*path, "-") != 0 && stat(*path, &st) != 0)
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno, "open",
                     *path, NULL);
    else if (*given && why_not(spool, *path))
        hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "open", *path, why_not(spool, *path));
    else
        return spool;
    return NULL;
}

static const struct hq_spool *resolve_bare(const char *source, const char **path, GError **error)
{
    struct stat st;

    if (stat(source, &st) != 0) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno, "open",
                     source, NULL);
        return NULL;
    }
    *path = source;
    for (unsigned i = 0; i < hq_spool_count; i++)
        if (hq_spools[i].recognise(source))
            return &hq_spools[i];
    hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "open", source,
                 "not a queue, mailbox or message that hopq knows; name its kind (SCHEME:PATH)");
    return NULL;
}

/* "postfx:/var/spool/postfix", and no file of that name. */
static bool is_unknown_scheme(const char *source, const char *colon)
{
    struct stat st;

    return colon && !memchr(source, '/', (size_t)(colon - source)) && stat(source, &st) != 0 &&
           errno == ENOENT;
}

static const char *unknown_scheme(void)
{
    static char text[256];

    g_strlcpy(text, "no such file, and no such kind of source (known:", sizeof text);
    for (unsigned i = 0; i < hq_spool_count; i++) {
        g_strlcat(text, " ", sizeof text);
        g_strlcat(text, hq_spools[i].scheme, sizeof text);
    }
    g_strlcat(text, ")", sizeof text);
    return text;
}

const struct hq_spool *hq_spool_resolve(const char *source, const char **path, GError **error)
{
    const char *colon = strchr(source, ':');
    const struct hq_spool *spool = colon ? hq_spool_find(source, (size_t)(colon - source)) : NULL;

    if (strcmp(source, "-") == 0) {
        *path = source;
        return hq_spool_find("eml", strlen("eml"));
    }
    if (spool)
        return resolve_named(spool, colon + 1, path, error);
    if (is_unknown_scheme(source, colon)) {
        hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "open", source, unknown_scheme());
        return NULL;
    }
    return resolve_bare(source, path, error);
}

const char *hq_item_file_why(const struct hq_item_file *file)
{
    if (file->mode && !S_ISREG(file->mode))
        return "not a regular file";
    return g_strerror(file->error);
}

struct hq_message *hq_spool_message(struct hq_parse *parse, const struct hq_item *item)
{
    struct hq_message *message = hq_message_new(parse->arena);

    message->source = parse->source;
    message->mta = parse->mta;
    message->id = hq_arena_strdup(parse->arena, item->id);
    message->queue = hq_arena_strdup(parse->arena, item->queue);
    message->ref = hq_arena_strdup(parse->arena, item->ref);
    message->stamp = item->files[0].stamp;
    if (item->files[0].fd < 0 && item->files[0].error)
        hq_message_add_problem(message, parse->arena, "cannot be read: %s",
                               hq_item_file_why(&item->files[0]));
    return message;
}

bool hq_spool_omits_text(const struct hq_parse *parse, const struct hq_message *message)
{
    return (parse->omit & HQ_NEED_TEXT) && message->sender && message->recipient_count;
}

size_t hq_spool_wanted(const struct hq_parse *parse)
{
    if (parse->whole)
        return HQ_WHOLE_MAX;
    return parse->want_body || parse->full ? HQ_CONTENT_MAX : HQ_HEADER_MAX;
}

bool hq_spool_wants_body(const struct hq_parse *parse)
{
    return parse->whole || parse->want_body || parse->full;
}
