/* SPDX-License-Identifier: ISC */
/* Envelopes of one message in one piece: see pack.h. */
#include "pack.h"
#include "base/scratch.h"
#include "hopq/io.h"
#include "spool/files.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)

/* Of one message's envelopes; those behind it are told without their bytes. */
#define PACK_MAX ((int64_t)64 * 1024 * 1024)

int hq_smtpd_pack_new(void)
{
    return memfd_create("envelopes", MFD_CLOEXEC);
}

static int64_t pack_size(int pack)
{
    struct stat st;

    return fstat(pack, &st) == 0 ? st.st_size : PACK_MAX;
}

/* Copies what fits of the file at hand to BYTES. */
static void copy(struct hq_smtpd_part *part, const struct hq_item_file *file, GString *bytes)
{
    ssize_t n = hq_io_read_at(file->fd, 0, HQ_SMTPD_ENVELOPE_MAX, bytes);

    part->error = n < 0 ? errno : 0;
    part->size = file->size;
    part->mtime = file->mtime;
    part->copied = n < 0 ? 0 : (uint32_t)n;
}

bool hq_smtpd_pack_add(int pack, int dir, const char *name, int64_t *size)
{
    struct hq_smtpd_part part;
    struct hq_item_file file;
    GString *bytes;

    if (!hq_file_open(dir, name, DT_UNKNOWN, &file) && file.error == ENOENT)
        return false;
    memset(&part, 0, sizeof part); /* its padding travels, too */
    g_strlcpy(part.name, name, sizeof part.name);
    part.error = file.fd < 0 ? file.error : EFBIG;
    bytes = hq_scratch_take();
    g_string_append_len(bytes, (const char *)&part, sizeof part);
    if (file.fd >= 0 && pack_size(pack) < PACK_MAX)
        copy(&part, &file, bytes);
    memcpy(bytes->str, &part, sizeof part);
    /* With the NUL behind it. A write to memory fails when there is none left, and then all does.
     */
    hq_io_write_all(pack, bytes->str, bytes->len + 1);
    hq_scratch_give(bytes);
    *size = file.size;
    if (file.fd >= 0)
        close(file.fd);
    return true;
}

void hq_smtpd_unpack_init(struct hq_smtpd_unpack *unpack, int fd)
{
    *unpack = (struct hq_smtpd_unpack){.fd = fd, .buffer = hq_scratch_take()};
}

void hq_smtpd_unpack_clear(struct hq_smtpd_unpack *unpack)
{
    hq_scratch_give(unpack->buffer);
}

/* N bytes of the pack are in the buffer behind what was used; false: they are not there. */
static bool have(struct hq_smtpd_unpack *unpack, size_t n)
{
    ssize_t got;

    if (unpack->buffer->len - unpack->used >= n)
        return true;
    g_string_erase(unpack->buffer, 0, (gssize)unpack->used);
    unpack->used = 0;
    got = hq_io_read_at(unpack->fd, unpack->offset, PIECE, unpack->buffer);
    unpack->offset += MAX(got, 0);
    return unpack->buffer->len >= n;
}

bool hq_smtpd_unpack_next(struct hq_smtpd_unpack *unpack, struct hq_smtpd_part *part, char **text)
{
    if (!have(unpack, sizeof *part))
        return false;
    memcpy(part, unpack->buffer->str + unpack->used, sizeof *part);
    part->name[sizeof part->name - 1] = '\0';
    if (part->copied > HQ_SMTPD_ENVELOPE_MAX || !have(unpack, sizeof *part + part->copied + 1))
        return false;
    *text = unpack->buffer->str + unpack->used + sizeof *part;
    (*text)[part->copied] = '\0';
    unpack->used += sizeof *part + part->copied + 1;
    return true;
}
