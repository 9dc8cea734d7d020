/* SPDX-License-Identifier: ISC */
/* The least that any reader of a queue must do: list the directories, open every file, read its
 * first 4 KiB, close it. One thread, no parsing. Prints how many files and bytes.
 *
 * bare_io DIRECTORY... */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct count {
    unsigned long files;
    unsigned long long bytes;
};

static void read_file(int directory, const char *name, struct count *count)
{
    static char page[4096];
    int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return;
    n = pread(fd, page, sizeof page, 0);
    close(fd);
    if (n < 0)
        return;
    count->files++;
    count->bytes += (unsigned long long)n;
}

/* Hash directories nest a few levels deep at the most. */
static void read_directory(int parent, const char *name, struct count *count, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!directory || depth > 8) {
        perror(name);
        exit(EXIT_FAILURE);
    }
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        if (entry->d_type == DT_DIR)
            read_directory(fd, entry->d_name, count, depth + 1);
        else
            read_file(fd, entry->d_name, count);
    }
    closedir(directory);
}

int main(int argc, char **argv)
{
    struct count count = {0, 0};

    for (int i = 1; i < argc; i++)
        read_directory(AT_FDCWD, argv[i], &count, 0);
    printf("%lu files, %llu bytes\n", count.files, count.bytes);
    return EXIT_SUCCESS;
}
