// Starting init: clone it into new namespaces, after joining those of another process where asked.

#define _GNU_SOURCE
#include "init.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_SPARE_FD = 64 };

// Like fork(): a null stack lets the child go on with a copy of the parent's. clone3(2)
static pid_t clone_into(uint64_t flags, uint64_t exit_signal, int cgroup_fd)
{
	struct kernel_clone_args args = { .flags = flags, .exit_signal = exit_signal };
	size_t size = sizeof args - sizeof args.cgroup;
	if (cgroup_fd >= 0) {
		args.flags |= KERNEL_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
		size = sizeof args;
	}
	return (pid_t)syscall(SYS_clone3, &args, size);
}

// Puts the descriptors at their places and closes all others: nothing of the host's stays open.
static int place_fds(const int fd[])
{
	int spare[FIRST_FREE_FD];
	for (int i = 0; i < FIRST_FREE_FD; i++) {
		spare[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
		if (spare[i] < 0)
			return -1;
	}
	for (int i = 0; i < FIRST_FREE_FD; i++)
		if (dup3(spare[i], i, i < SYNC_FD ? 0 : O_CLOEXEC) < 0)
			return -1;
	return (int)syscall(SYS_close_range, FIRST_FREE_FD, ~0u, 0);
}

// Signals that the daemon ignores would stay ignored through exec. Blocked they stay until then: who
// types ctrl-c early means the program, and must not end init in the middle of a step. signal(7)
static void reset_signals(void)
{
	for (int signal = 1; signal < 65; signal++)
		if (signal != SIGKILL && signal != SIGSTOP) {
			const struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } plain = { 0 };
			(void)syscall(SYS_rt_sigaction, signal, &plain, NULL, sizeof plain.mask);
		}
}

// A container can read the arguments of whoever is in its pid namespace: they name the host's paths.
static void forget_arguments(const struct spawn *spawn)
{
	for (int i = 0; i < spawn->arguments; i++)
		memset(spawn->argument[i], 0, strlen(spawn->argument[i]));
}

// A container must not outlive its monitor: nobody would read its output or learn of its end. A change
// of user clears it. The monitor may be gone already: then nobody reads the pipe. PR_SET_PDEATHSIG(2const)
int end_with_monitor(void)
{
	struct pollfd pipe = { .fd = STARTED_FD };
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	if (poll(&pipe, 1, 0) > 0 && (pipe.revents & POLLERR) != 0)
		_exit(125);
	return 0;
}

static _Noreturn void begin_init(const struct spawn *spawn)
{
	forget_arguments(spawn);
	if (place_fds(spawn->fd) < 0)
		_exit(125);
	reset_signals();
	// A container is a session of its own: no signal of the daemon's terminal reaches it.
	if (setsid() < 0 || end_with_monitor() < 0)
		fail_step(-1, errno);
	// The modes in the plan are meant as they are; the program's own mask is a step.
	umask(0);
	run_init();
}

// A namespace for processes is entered by children only, and new namespaces must be owned by the
// joined user namespace: so a helper joins, and clones init as the monitor's child, not its own.
static _Noreturn void join_and_clone(const struct spawn *spawn, int pid_pipe)
{
	int32_t pid = -1;
	if (setns(spawn->join_fd, spawn->join_flags) == 0)
		pid = clone_into(spawn->clone_flags | CLONE_PARENT, 0, -1);
	if (pid == 0)
		begin_init(spawn);
	const int32_t answer[2] = { pid, errno };
	_exit(write_all(pid_pipe, answer, sizeof answer) < 0 ? 1 : 0);
}

static pid_t clone_by_helper(const struct spawn *spawn)
{
	int pid_pipe[2];
	int32_t answer[2] = { -1, ECHILD };
	if (pipe2(pid_pipe, O_CLOEXEC) < 0)
		return -1;
	const pid_t helper = clone_into(0, SIGCHLD, spawn->cgroup_fd);
	if (helper == 0)
		join_and_clone(spawn, pid_pipe[1]);
	if (helper < 0)
		answer[1] = errno;
	close(pid_pipe[1]);
	if (helper > 0) {
		if (read(pid_pipe[0], answer, sizeof answer) != sizeof answer)
			answer[0] = -1;
		while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(pid_pipe[0]);
	errno = answer[1];
	return answer[0];
}

// Returns init's process id on the host.
pid_t spawn_init(const struct spawn *spawn)
{
	if (spawn->join_fd >= 0)
		return clone_by_helper(spawn);
	const pid_t pid = clone_into(spawn->clone_flags, SIGCHLD, spawn->cgroup_fd);
	if (pid == 0)
		begin_init(spawn);
	return pid;
}
