/* SPDX-License-Identifier: ISC */
#include "cli.h"

int hq_cli_run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}
