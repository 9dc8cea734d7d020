/* SPDX-License-Identifier: ISC */
#include "cli.h"
#include "proc/session.h"
#include <fcntl.h>
#include <unistd.h>

/* What was closed before we came must not become another file's number: then a channel would be
 * read as the message, or written to as the output. This can be neither read nor written. */
static void occupy_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(1);
}

int main(int argc, char **argv)
{
    occupy_standard_files();
    hq_process_main(argc, argv);
    return hq_cli_run(argv);
}
