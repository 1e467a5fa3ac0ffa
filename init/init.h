// sampan-init: the small program between clone() and exec(), and the one that stays beside it.
//
//   monitor  stays outside the container, one for each program started in it: parent of that
//            program, keeper of its stdio and log, the one who records how it ended. monitor.c
//   init     is cloned by the monitor into the new namespaces, waits on the sync pipe for a plan,
//            does its steps and becomes the container's program. plan.c, step-*.c, program.c
//
// It holds no policy: src/runtime/plan.ts chose everything. No heap, no JSON, no configuration.
// The rule for errors: a function returns 0 (or a descriptor, or a count), or -1 with errno; only
// those who can tell the daemon report.

#ifndef SAMPAN_INIT_H
#define SAMPAN_INIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The descriptors that init starts with, all but the first three close-on-exec.
enum {
	SYNC_FD = 3,    // socket to the daemon: plan and descriptors in, report out
	CONSOLE_FD = 4, // socket to the monitor: takes the terminal's master
	STARTED_FD = 5, // pipe to the monitor: end of file tells that the program runs
	FIRST_FREE_FD = 6,
};

enum {
	MAX_PLAN_BYTES = 4 * 1024 * 1024,
	MAX_STEPS = 1024,
	MAX_FIELDS = 65536,
	MAX_PLAN_FDS = 250, // the kernel passes at most 253 in one message
};

// What goes over the sync pipe, each with a head. src/runtime/sync-pipe.ts is the other end.
enum { SYNC_HELLO = 1, SYNC_FAILED = 2, SYNC_TRACE = 3, SYNC_ENDED = 4 };

struct sync_head {
	uint32_t type;
	uint32_t length; // of what follows
};

struct sync_hello {
	int32_t pid; // of init, as the host sees it
	int32_t reserved;
	uint64_t cloned_ns; // what clone() took
};

struct sync_failed {
	int32_t step; // from 0; -1: taking in the plan; -2: clone()
	int32_t error; // errno
	// then a text, where the kernel gave one
};

struct sync_trace {
	uint64_t waited_ns; // from init's first moment to the plan's arrival
	uint64_t total_ns;  // from there to exec
	// then a uint32_t for each step: nanoseconds
};

// Of a check alone, whose end nobody asks for in another way.
enum { MAX_CHECK_BYTES = 4096 };

struct sync_ended {
	int32_t exit_code;
	char output[MAX_CHECK_BYTES + 1]; // as much as there is; the last byte only tells that there was more
};

// The daemon's message that wakes init; the plan itself is the first of its descriptors.
enum { PLAN_MAGIC = 0x4e504d53, PLAN_VERSION = 1 };

struct plan_head {
	uint32_t magic;
	uint32_t version;
	uint32_t bytes;
	uint32_t fds; // that follow the plan's own
};

struct step {
	int op;
	int count;      // of arguments
	char **arg;     // NULL-terminated
	uint32_t *size; // of each argument, without its NUL
};

// One operation that a plan can ask for: the table is in plan.c.
struct operation {
	const char *name;
	int least, most; // arguments
	int (*run)(const struct step *step);
	int binary; // the last argument may hold NUL bytes
};

struct plan {
	int steps;
	struct step step[MAX_STEPS];
	int fds;
	int fd[MAX_PLAN_FDS];
};

extern struct plan plan;

// plan.c
int take_plan(void);
int parse_plan(char *bytes, size_t size);
_Noreturn void run_init(void);
_Noreturn void fail_step(int step, int error);
void send_trace(void);
int number(const char *text, uint64_t *value);
int identifier(const char *text, uint32_t *id);
int plan_fd(const char *text);
void explain_failure(const char *text);
int invalid(void);

// step-mount.c
int step_root(const struct step *step);
int step_mkdir(const struct step *step);
int step_file(const struct step *step);
int step_attach(const struct step *step);
int step_mount(const struct step *step);
int step_make(const struct step *step);
int step_put(const struct step *step);
int open_path(const char *path, uint64_t resolve);
int step_readonly(const struct step *step);
int step_mask(const struct step *step);
int step_mount_readonly(const struct step *step);

// step-namespace.c
int step_setns(const struct step *step);
int step_unshare(const struct step *step);
int step_write(const struct step *step);
int step_hostname(const struct step *step);
int step_domainname(const struct step *step);
int step_sysctl(const struct step *step);
int step_netlink(const struct step *step);
int step_keyring(const struct step *step);

// step-identity.c
int step_become_root(const struct step *step);
int step_bounding(const struct step *step);
int step_user(const struct step *step);
int step_capabilities(const struct step *step);
int step_no_new_privileges(const struct step *step);
int step_seccomp(const struct step *step);
int step_umask(const struct step *step);
int step_cwd(const struct step *step);

// program.c
int step_null_stdin(const struct step *step);
int step_terminal(const struct step *step);
int step_environment(const struct step *step);
int step_exec(const struct step *step);
int step_exec_under_reaper(const struct step *step);

// spawn.c
int end_with_monitor(void);
struct spawn {
	uint64_t clone_flags; // namespaces to make
	int join_flags;       // namespaces to join first, of the process behind join_fd
	int join_fd;          // pidfd, or -1
	int cgroup_fd;        // cgroup2 directory to start in, or -1
	int fd[FIRST_FREE_FD];
	int arguments;        // of the monitor, which init has a copy of
	char **argument;
};
pid_t spawn_init(const struct spawn *spawn);

// io.c
int write_all(int fd, const void *bytes, size_t size);
int send_sync(int fd, uint32_t type, const void *body, uint32_t size);
int send_fd(int socket, int fd);
int receive_fd(int socket);
int non_blocking(int fd);
uint64_t now_ns(int clock);

// log.c
struct log_options {
	const char *path;
	uint64_t max_bytes, max_files; // of one file, 0: no limit; and how many files
	uint64_t number; // the one that the newest file gets when it is full
	const char *extra; // of each entry: a JSON field with its comma, or nothing
};
int log_open(const struct log_options *options);
void log_output(int stream, const char *bytes, size_t size);
void log_rotate(void);
void log_finish(void);

// monitor.c
int run_monitor(int count, char *argument[]);

// checks.c
int serve_checks(void);

#endif
