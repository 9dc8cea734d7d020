/* SPDX-License-Identifier: ISC */
/* Opening what makes one message of OpenSMTPD: see item.h. */
#include "item.h"
#include "opensmtpd.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So often at most a directory is read that keeps changing. */
#define READS_MAX 4

/* What was found in the directory of a message. */
struct census {
    unsigned envelopes;
    unsigned empty; /* of them: smtpd has made the file and not written it yet */
};

static bool is_envelope(const char *name, const char *id)
{
    return hq_smtpd_id_ok(name, HQ_SMTPD_ENVELOPE_ID) &&
           strncmp(name, id, HQ_SMTPD_MESSAGE_ID) == 0;
}

static struct timespec changed(int dir)
{
    struct stat st;

    return fstat(dir, &st) == 0 ? st.st_mtim : (struct timespec){0};
}

static void copy_envelope(int dir, const char *name, int pack, struct census *census)
{
    int64_t size;

    if (!hq_smtpd_pack_add(pack, dir, name, &size))
        return;
    census->envelopes++;
    census->empty += size == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the envelopes in STREAM, in the order in which smtpctl shows them; false with errno. */
static bool read_names(DIR *stream, const char *id, GPtrArray *names)
{
    const struct dirent *found;

    for (errno = 0; (found = readdir(stream)); errno = 0)
        if (is_envelope(found->d_name, id))
            g_ptr_array_add(names, g_strdup(found->d_name));
    g_ptr_array_sort(names, compare_names);
    return errno == 0;
}

/* Copies all envelopes of the directory DIR once; false with errno: it cannot be read. */
static bool copy_envelopes(int dir, const char *id, int pack, struct census *census)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    DIR *stream = hq_dir_stream(dir, ".");
    bool whole = stream && read_names(stream, id, names);
    int error = errno;

    hq_dir_stream_end(&stream);
    *census = (struct census){0};
    for (guint i = 0; i < names->len; i++)
        copy_envelope(dir, names->pdata[i], pack, census);
    errno = error;
    return whole;
}

/* Again when the directory has changed meanwhile: smtpd puts a changed envelope in the place of the
 * old one, and not every file system keeps such a name where readdir will find it. */
static bool pack_envelopes(int dir, const char *id, struct hq_item_file *file,
                           struct census *census)
{
    for (unsigned i = 1;; i++) {
        struct timespec before = changed(dir);
        int pack = hq_smtpd_pack_new();
        if (pack < 0 || !copy_envelopes(dir, id, pack, census)) {
            file->error = errno;
            if (pack >= 0)
                close(pack);
            return false;
        }
        struct timespec after = changed(dir);
        if (i == READS_MAX || (before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec))
            return hq_file_take(pack, file);
        close(pack);
    }
}

/* The text: in the directory DIR, or while it comes in, in temporary/. */
static void open_text(int root, enum hq_smtpd_place place, int dir, const char *id,
                      struct hq_item_file *file)
{
    if (hq_file_open(dir, "message", DT_UNKNOWN, file) || place != HQ_SMTPD_INCOMING ||
        file->error != ENOENT)
        return;
    int temporary = hq_dir_open(root, hq_smtpd_places[HQ_SMTPD_TEMPORARY]);
    if (temporary < 0)
        return;
    hq_file_open(temporary, id, DT_UNKNOWN, file);
    close(temporary);
}

/* What came out of opening. Before the first recipient was taken there is nothing to be told of a
 * message that comes in. */
static enum hq_smtpd_found judge(enum hq_smtpd_place place, const struct census *census,
                                 const struct hq_item *item)
{
    bool text = item->files[HQ_SMTPD_MESSAGE].fd >= 0;

    if (place == HQ_SMTPD_INCOMING)
        return census->envelopes || text ? HQ_SMTPD_FOUND : HQ_SMTPD_GONE;
    return census->envelopes && !census->empty && text ? HQ_SMTPD_FOUND : HQ_SMTPD_ODD;
}

enum hq_smtpd_found hq_smtpd_item_open(int root, enum hq_smtpd_place place, int dir,
                                       const char *name, struct hq_item *item)
{
    struct hq_item_file *envelopes = &item->files[HQ_SMTPD_ENVELOPES];
    struct hq_item_file *text = &item->files[HQ_SMTPD_MESSAGE];
    g_autofree char *id = g_strndup(name, HQ_SMTPD_MESSAGE_ID);
    struct census census;
    int own = hq_dir_open(dir, name);

    if (own < 0) {
        envelopes->error = errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : errno;
        return envelopes->error ? HQ_SMTPD_FOUND : HQ_SMTPD_GONE;
    }
    bool listed = pack_envelopes(own, id, envelopes, &census);
    if (listed) {
        open_text(root, place, own, id, text);
        envelopes->stamp = text->stamp; /* the pack lives no longer than the item */
    }
    close(own);
    if (!listed)
        return HQ_SMTPD_FOUND;
    enum hq_smtpd_found found = judge(place, &census, item);
    if (found == HQ_SMTPD_GONE)
        hq_item_close(item);
    return found;
}

static bool is_coming_in(int root, const char *id)
{
    g_autofree char *path = g_strdup_printf("%s/%s", hq_smtpd_places[HQ_SMTPD_INCOMING], id);
    struct stat st;

    return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool hq_smtpd_item_open_rest(int root, int dir, const char *name, struct hq_item *item)
{
    int pack;

    /* in this order: incoming/ID goes after temporary/ID has gone */
    if (!hq_smtpd_id_ok(name, HQ_SMTPD_MESSAGE_ID) || is_coming_in(root, name) ||
        !hq_file_open(dir, name, DT_UNKNOWN, &item->files[HQ_SMTPD_MESSAGE])) {
        hq_item_close(item);
        return false;
    }
    pack = hq_smtpd_pack_new();
    if (pack >= 0 && hq_file_take(pack, &item->files[HQ_SMTPD_ENVELOPES])) {
        item->files[HQ_SMTPD_ENVELOPES].stamp = item->files[HQ_SMTPD_MESSAGE].stamp;
        return true;
    }
    hq_item_close(item);
    return false;
}
