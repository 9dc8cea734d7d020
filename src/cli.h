/* SPDX-License-Identifier: ISC */
/* The command line: options and configuration in, TUI or dump out. */
#ifndef HOPQ_CLI_H
#define HOPQ_CLI_H

/* Returns the exit status. */
int hq_cli_run(char **argv);

#endif
