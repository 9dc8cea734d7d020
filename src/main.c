/* SPDX-License-Identifier: ISC */
#include "cli.h"
#include "proc/session.h"

int main(int argc, char **argv)
{
    hq_process_main(argc, argv);
    return hq_cli_run(argv);
}
