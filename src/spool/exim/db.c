/* SPDX-License-Identifier: ISC */
/* Pages of a Berkeley DB hash, versions 7 to 10 (db 3 to 18): src/dbinc/db_page.h of 5.3. Pages are
 * taken one after the other, so that no pointer between them can lead astray, but for values that
 * are longer than a page. */
#include "db.h"
#include "hopq/io.h"
#include <string.h>

#define MAGIC     0x061561u
#define PAGE_HEAD 26 /* lsn 8, page 4, previous 4, next 4, entries 2, offset 2, level 1, type 1 */
#define FILE_MAX  ((int64_t)256 * 1024 * 1024)
#define VALUE_MAX ((size_t)64 * 1024)

enum { PAGE_HASH_UNSORTED = 2, PAGE_OVERFLOW = 7, PAGE_HASH = 13 };
enum { ITEM_PLAIN = 1, ITEM_OFF_PAGE = 3 };

struct db {
    const struct hq_item_file *file;
    uint32_t page_size;
    GString *page;       /* the one at hand */
    GString *long_value; /* of several pages */
    GString *more;       /* one of those */
};

struct item {
    const char *p;
    size_t n;
};

static uint16_t u16(const char *p)
{
    uint16_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

static uint32_t u32(const char *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

static bool read_page(const struct db *db, uint32_t number, GString *page)
{
    g_string_truncate(page, 0);
    return hq_io_read_at(db->file->fd, (int64_t)number * db->page_size, db->page_size, page) ==
           (ssize_t)db->page_size;
}

/* A value of LENGTH bytes on overflow pages: each holds at least a byte of it, or the chain ends.
 */
static bool read_long(struct db *db, uint32_t number, uint32_t length, struct item *item)
{
    g_string_truncate(db->long_value, 0);
    if (length > VALUE_MAX)
        return false;
    while (db->long_value->len < length) {
        if (number == 0 || !read_page(db, number, db->more) || db->more->str[25] != PAGE_OVERFLOW)
            return false;
        size_t n = u16(db->more->str + 22);
        if (n == 0 || n > db->page_size - PAGE_HEAD)
            return false;
        g_string_append_len(db->long_value, db->more->str + PAGE_HEAD,
                            (gssize)MIN(n, length - db->long_value->len));
        number = u32(db->more->str + 16);
    }
    *item = (struct item){db->long_value->str, db->long_value->len};
    return true;
}

/* Entry I of the page at hand: they grow from its end downwards, each up to where the one before
 * begins. */
static bool read_item(struct db *db, unsigned i, struct item *item)
{
    const char *page = db->page->str;
    size_t start = u16(page + PAGE_HEAD + 2 * (size_t)i);
    size_t end = i ? u16(page + PAGE_HEAD + 2 * (size_t)(i - 1)) : db->page_size;

    if (start < PAGE_HEAD || start >= end || end > db->page_size)
        return false;
    if (page[start] == ITEM_OFF_PAGE && end - start >= 12)
        return read_long(db, u32(page + start + 4), u32(page + start + 8), item);
    *item = (struct item){page + start + 1, end - start - 1};
    return page[start] == ITEM_PLAIN;
}

static void read_pairs(struct db *db, hq_ex_db_fn each, void *data)
{
    unsigned entries = u16(db->page->str + 20);
    struct item key, value;

    if (entries > (db->page_size - PAGE_HEAD) / 2)
        return;
    for (unsigned i = 0; i + 1 < entries; i += 2)
        if (read_item(db, i, &key) && key.p != db->long_value->str && read_item(db, i + 1, &value))
            each(key.p, key.n, value.p, value.n, data);
}

/* The first page tells what all are like; one with a checksum or encryption has another head. */
static const char *read_meta(struct db *db)
{
    uint32_t magic, version;

    db->page_size = 512;
    if (!read_page(db, 0, db->page))
        return "it is shorter than its first page";
    magic = u32(db->page->str + 12);
    version = u32(db->page->str + 16);
    db->page_size = u32(db->page->str + 20);
    if (magic == GUINT32_SWAP_LE_BE(MAGIC))
        return "it was written by a machine of another byte order";
    if (magic != MAGIC)
        return "it is no hash of Berkeley DB";
    if (version < 7 || version > 10 || db->page->str[24] || (db->page->str[26] & 1))
        return "it is of a version or kind of Berkeley DB that hopq does not know";
    if (db->page_size < 512 || db->page_size > 65536 || (db->page_size & (db->page_size - 1)))
        return "it is damaged";
    return NULL;
}

const char *hq_ex_db_read(const struct hq_item_file *file, hq_ex_db_fn each, void *data)
{
    struct db db = {.file = file};
    int64_t size = MIN(file->size, FILE_MAX);

    db.page = g_string_new(NULL);
    db.long_value = g_string_new(NULL);
    db.more = g_string_new(NULL);
    const char *why = read_meta(&db);
    for (uint32_t i = 1; !why && ((int64_t)i + 1) * db.page_size <= size; i++) {
        if (!read_page(&db, i, db.page))
            break;
        if (db.page->str[25] == PAGE_HASH || db.page->str[25] == PAGE_HASH_UNSORTED)
            read_pairs(&db, each, data);
    }
    g_string_free(db.page, TRUE);
    g_string_free(db.long_value, TRUE);
    g_string_free(db.more, TRUE);
    return why;
}
