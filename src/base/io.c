/* SPDX-License-Identifier: ISC */
/* Reading and writing descriptors: whole, bounded, EINTR and short counts dealt with. */
#include "hopq/io.h"
#include "hopq/error.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Memory grows with what is there, not with what the caller would take at most. */
enum { CHUNK = 64 * 1024 };

static ssize_t read_some(int fd, int64_t offset, char *buf, size_t n, bool *seeks)
{
    ssize_t got;
    do {
        got = *seeks ? pread(fd, buf, n, offset) : read(fd, buf, n);
        if (got < 0 && errno == ESPIPE && *seeks) {
            *seeks = false;
            errno = EINTR; /* once more, the other way */
        }
    } while (got < 0 && errno == EINTR);
    return got;
}

ssize_t hq_io_read_at(int fd, int64_t offset, size_t max, GString *out)
{
    size_t start = out->len;
    bool seeks = true;
    for (size_t got = 0; got < max;) {
        size_t want = MIN(max - got, CHUNK);
        g_string_set_size(out, start + got + want);
        ssize_t n = read_some(fd, offset + (int64_t)got, out->str + start + got, want, &seeks);
        if (n < 0) {
            int saved = errno;
            g_string_truncate(out, start);
            errno = saved;
            return -1;
        }
        got += (size_t)n;
        g_string_truncate(out, start + got);
        if (n == 0)
            break;
    }
    return (ssize_t)(out->len - start);
}

bool hq_io_write_all(int fd, const void *bytes, size_t n)
{
    for (const char *p = bytes; n;) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
    return true;
}

static void set_io_error(GError **error, int errnum, const char *attempted, const char *path)
{
    bool denied = errnum == EACCES || errnum == EPERM;
    hq_error_set(error, denied ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errnum, attempted, path, NULL);
}

char *hq_io_slurp(const char *path, size_t max, size_t *length, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        set_io_error(error, errno, "open", path);
        return NULL;
    }
    GString *text = g_string_new(NULL);
    ssize_t n = hq_io_read_at(fd, 0, max + 1, text);
    int errnum = errno;
    close(fd);
    if (n >= 0 && (size_t)n <= max) {
        if (length)
            *length = text->len;
        return g_string_free(text, FALSE);
    }
    g_string_free(text, TRUE);
    if (n < 0) {
        set_io_error(error, errnum, "read", path);
    } else {
        g_autofree char *cause = g_strdup_printf("larger than %zu bytes", max);
        hq_error_set(error, HQ_EXIT_USAGE, 0, "read", path, cause);
    }
    return NULL;
}
