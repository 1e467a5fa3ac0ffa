// The last steps: stdio, environment, and becoming the container's program.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char *no_environment[] = { NULL };
static char **environment = no_environment;

// null-stdin: the container's own /dev/null, not the host's.
int step_null_stdin(const struct step *step)
{
	(void)step;
	const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	const int result = dup2(fd, 0);
	close(fd);
	return result < 0 ? -1 : 0;
}

static int bind_console(int master)
{
	char path[32];
	unsigned place;
	if (ioctl(master, TIOCGPTN, &place) < 0)
		return -1;
	snprintf(path, sizeof path, "/dev/pts/%u", place);
	return mount(path, "/dev/console", NULL, MS_BIND, NULL);
}

static int use_as_stdio(int terminal)
{
	for (int fd = 0; fd < 3; fd++)
		if (dup2(terminal, fd) < 0)
			return -1;
	return ioctl(0, TIOCSCTTY, 0);
}

// A container that runs may have put a file of its own there, to have the monitor work for it.
static int is_of_devpts(int fd)
{
	struct statfs status;
	return fstatfs(fd, &status) == 0 && status.f_type == DEVPTS_SUPER_MAGIC;
}

static int open_terminal(int master, const struct winsize *size, uid_t uid)
{
	int unlocked = 0;
	if (ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return -1;
	const int terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		return -1;
	if (ioctl(terminal, TIOCSWINSZ, size) < 0 || fchown(terminal, uid, (gid_t)-1) < 0 || use_as_stdio(terminal) < 0) {
		close(terminal);
		return -1;
	}
	return close(terminal);
}

// terminal ROWS COLUMNS UID console|-: one of the container's own; its master goes to the monitor.
int step_terminal(const struct step *step)
{
	uint64_t rows, columns;
	uint32_t uid;
	if (number(step->arg[0], &rows) < 0 || number(step->arg[1], &columns) < 0 || identifier(step->arg[2], &uid) < 0)
		return -1;
	const struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
	const int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (master < 0)
		return -1;
	int result = is_of_devpts(master) ? open_terminal(master, &size, uid) : invalid();
	if (result == 0 && strcmp(step->arg[3], "console") == 0)
		result = bind_console(master);
	if (result == 0)
		result = send_fd(CONSOLE_FD, master);
	const int error = errno;
	close(master);
	errno = error;
	return result;
}

// environment KEY=VALUE ...
int step_environment(const struct step *step)
{
	environment = step->arg;
	return 0;
}

static const char *search_path(void)
{
	for (char **entry = environment; *entry != NULL; entry++)
		if (strncmp(*entry, "PATH=", 5) == 0)
			return *entry + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

// Looks the program up as a shell does. One that is there but may not be run is told as such.
static void exec_by_path(char *const argv[])
{
	char path[PATH_MAX];
	int error = ENOENT;
	for (const char *at = search_path(); at != NULL;) {
		const char *const colon = strchr(at, ':');
		const int length = colon == NULL ? (int)strlen(at) : (int)(colon - at);
		const int size = snprintf(path, sizeof path, "%.*s/%s", length, length == 0 ? "." : at, argv[0]);
		if (size < (int)sizeof path) {
			execve(path, argv, environment);
			if (errno != ENOENT && errno != ENOTDIR)
				error = errno;
			if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
				break;
		}
		at = colon == NULL ? NULL : colon + 1;
	}
	errno = error;
}

// The last moment of init: what was sent to it meanwhile is the program's to bear.
static void become(char *const argv[])
{
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (*argv[0] == '\0')
		errno = ENOENT;
	else if (strchr(argv[0], '/') != NULL)
		execve(argv[0], argv, environment);
	else
		exec_by_path(argv);
}

// exec ARG ...: the sync pipe closes with it, which is how the daemon knows that the program runs.
int step_exec(const struct step *step)
{
	send_trace();
	become(step->arg);
	return -1;
}

static pid_t reap_all(pid_t program, int *status)
{
	for (;;) {
		int one;
		const pid_t pid = waitpid(-1, &one, WNOHANG);
		if (pid <= 0)
			return 0;
		if (pid == program) {
			*status = one;
			return pid;
		}
	}
}

// PID 1 gets no signal that it has no handler for; as a reaper it waits for each and hands it on.
static _Noreturn void reap(pid_t program, const sigset_t *signals)
{
	for (;;) {
		int status;
		const int signal = sigwaitinfo(signals, NULL);
		if (signal != SIGCHLD && signal > 0)
			(void)kill(program, signal);
		else if (reap_all(program, &status) == program)
			_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	}
}

// The reaper stays as the first process: nothing but its stdio may stay open in it.
static void let_go(void)
{
	(void)syscall(SYS_close_range, SYNC_FD, ~0u, 0);
}

// The terminal's signals are for the program, not for the reaper. All signals are blocked here, so
// that SIGTTOU does not stop who asks.
static void take_foreground(void)
{
	if (setpgid(0, 0) == 0 && isatty(0))
		(void)tcsetpgrp(0, getpid());
}

// exec-under-reaper ARG ...: the program is a child of a small first process that collects orphans.
int step_exec_under_reaper(const struct step *step)
{
	sigset_t all;
	sigfillset(&all);
	const pid_t program = fork();
	if (program < 0)
		return -1;
	if (program > 0) {
		let_go();
		reap(program, &all);
	}
	take_foreground();
	// Where the reaper is not PID 1 of a namespace, its end ends nobody else by itself.
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	send_trace();
	become(step->arg);
	return -1;
}
