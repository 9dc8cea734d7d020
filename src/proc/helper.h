/* SPDX-License-Identifier: ISC */
/* Helper processes: this program again, started afresh (fork and exec), so that each has its own
 * address space layout, no memory of its parent, and can be replaced at any time. */
#ifndef HOPQ_PROC_HELPER_H
#define HOPQ_PROC_HELPER_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

enum hq_role {
    HQ_ROLE_SPOOL,
    HQ_ROLE_PARSE,
    HQ_ROLE_DNS,
    HQ_ROLE_ACT,
    HQ_ROLE_SAVE,
    HQ_ROLE_COUNT
};

/* The descriptors a helper finds open, in the order they were given. */
#define HQ_HELPER_FD 3

/* Remembers the running program, for as long as privileges allow to open it: call before any are
 * dropped. False with ERROR: no helper can be started. */
bool hq_helper_prepare(GError **error);

/* Starts ROLE with FDS (closed in the parent whatever comes) as HQ_HELPER_FD and up, and with
 * ARGS (NULL-terminated, may be NULL) behind its own name. -1 with ERROR. */
pid_t hq_helper_spawn(enum hq_role role, const char *const *args, const int *fds, unsigned fd_count,
                      GError **error);

/* Ends a helper whose channel is gone, if that has not ended it, and sets *PID to 0. False: it does
 * not end, and is left behind, confined and cut off. True: STATUS is as of waitpid(2). */
bool hq_helper_end(pid_t *pid, int *status);
/* The same without killing it: one that is at work ends by itself after that. */
bool hq_helper_leave(pid_t *pid, int *status);

/* In a helper that has changed its user: the kernel may end it in the new user's name, too, where
 * root is only that of a user namespace. */
bool hq_helper_own_life(void);

/* "hopq [parse]": how the process is listed. */
const char *hq_role_title(enum hq_role role);

/* The main functions of the roles; ARGS as given to spawn. They never return. */
void hq_role_spool(char **args) G_GNUC_NORETURN;
void hq_role_parse(char **args) G_GNUC_NORETURN;
void hq_role_dns(char **args) G_GNUC_NORETURN;
void hq_role_act(char **args) G_GNUC_NORETURN;
void hq_role_save(char **args) G_GNUC_NORETURN;

#endif
