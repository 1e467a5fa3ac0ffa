// The monitor: stays beside one program, from before its start to after its end.
//
// It outlives the daemon, and tells a daemon that comes back what happened meanwhile. What it knows
// of the end it writes into its run file before it tells anyone, so that it is never lost.

#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	JOIN_FD = 4, // pidfd of the process to join, where the arguments ask for it
	OWN_FDS = 4, // that the monitor itself waits for
	// How long the end waits for clients that do not read. The rest they can read from the log.
	PATIENCE_MS = 2000,
};

// The arguments, in order. src/runtime/monitor.ts makes them.
enum {
	RUN_PREFIX, CLONE_FLAGS, JOIN_FLAGS, CGROUP, STDIO_MODE,
	LOG_PATH, LOG_BYTES, LOG_FILES, LOG_NUMBER, LOG_EXTRA,
	ARGUMENTS,
};

struct status status = { .state = STATE_WAITING };

static int signals = -1;   // signalfd of SIGCHLD
static int console = -1;   // init sends the terminal's master here
static int started = -1;   // end of file: the program runs
static int dead;           // the program was reaped
static int given_up;       // a check that takes too long
static int told;           // its end is recorded and told
static int keeps_record;   // of its end; an exec that the daemon forgot is asked for by nobody
static uint64_t ended_at;  // monotonic

static int watch_children(void)
{
	sigset_t set;
	sigfillset(&set);
	// The daemon's terminal, or whoever ends it, must not end the containers.
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return signals;
}

static _Noreturn void give_up(int error)
{
	const struct sync_failed failed = { .step = -2, .error = error };
	(void)send_sync(SYNC_FD, SYNC_FAILED, &failed, sizeof failed);
	_exit(1);
}

// A cgroup that is asked for and cannot be opened must not become none: the limits are there.
static int open_cgroup(const char *path, int *fd)
{
	*fd = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 && strcmp(path, "-") != 0 ? -1 : 0;
}

static int say_hello(uint64_t began_ns)
{
	const struct sync_hello hello = {
		.pid = status.pid,
		.cloned_ns = now_ns(CLOCK_MONOTONIC) - began_ns,
	};
	return send_sync(SYNC_FD, SYNC_HELLO, &hello, sizeof hello);
}

// Starts init and lets go of what is init's alone.
static int start(char *argument[], int child[])
{
	int channel[2], pipe_ends[2], cgroup_fd;
	uint64_t clone_flags, join_flags;
	if (number(argument[CLONE_FLAGS], &clone_flags) < 0 || number(argument[JOIN_FLAGS], &join_flags) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0 || pipe2(pipe_ends, O_CLOEXEC) < 0)
		return -1;
	if (open_cgroup(argument[CGROUP], &cgroup_fd) < 0)
		return -1;
	const struct spawn spawn = {
		.clone_flags = clone_flags,
		.join_flags = (int)join_flags,
		.join_fd = join_flags != 0 ? JOIN_FD : -1,
		.cgroup_fd = cgroup_fd,
		.fd = { child[0], child[1], child[2], SYNC_FD, channel[1], pipe_ends[1] },
		.arguments = ARGUMENTS,
		.argument = argument,
	};
	const uint64_t began_ns = now_ns(CLOCK_MONOTONIC);
	status.pid = spawn_init(&spawn);
	if (status.pid < 0)
		return -1;
	console = channel[0];
	started = pipe_ends[0];
	close(channel[1]);
	close(pipe_ends[1]);
	for (int i = 0; i < 3; i++)
		close(child[i]);
	if (spawn.cgroup_fd >= 0)
		close(spawn.cgroup_fd);
	if (join_flags != 0)
		close(JOIN_FD);
	return say_hello(began_ns);
}

static void take_start(void)
{
	char byte;
	const ssize_t got = read(started, &byte, 1);
	if (got < 0)
		return;
	close(started);
	started = -1;
	status.state = got == 0 ? STATE_RUNNING : STATE_NOT_STARTED;
	if (got == 0)
		status.started_ns = now_ns(CLOCK_REALTIME);
	clients_tell();
}

static void take_terminal(void)
{
	const int master = receive_fd(console);
	if (master >= 0)
		stdio_take_terminal(master);
	close(console);
	console = -1;
}

static void take_end(int code)
{
	// The pipe and the console tell first what they have to tell: both ends of them are closed now.
	if (started >= 0)
		take_start();
	if (console >= 0)
		take_terminal();
	dead = 1;
	ended_at = now_ns(CLOCK_MONOTONIC);
	status.finished_ns = now_ns(CLOCK_REALTIME);
	status.signal = WIFSIGNALED(code) ? WTERMSIG(code) : 0;
	status.exit_code = WIFSIGNALED(code) ? 128 + WTERMSIG(code) : WEXITSTATUS(code);
	if (status.state == STATE_RUNNING)
		status.state = STATE_EXITED;
}

static void take_children(void)
{
	struct signalfd_siginfo seen;
	int code;
	while (read(signals, &seen, sizeof seen) > 0)
		;
	for (pid_t pid; (pid = waitpid(-1, &code, WNOHANG)) > 0;)
		if (pid == status.pid)
			take_end(code);
}

// Whole or not at all: the name appears when the content is there.
static void record_end(const char *prefix)
{
	char path[PATH_MAX], temporary[PATH_MAX], text[256];
	const int size = snprintf(text, sizeof text,
		"{\"started\":%s,\"pid\":%d,\"exitCode\":%d,\"signal\":%d,\"startedAtNs\":\"%llu\",\"finishedAtNs\":\"%llu\"}\n",
		status.state == STATE_EXITED ? "true" : "false", status.pid, status.exit_code, status.signal,
		(unsigned long long)status.started_ns, (unsigned long long)status.finished_ns);
	snprintf(path, sizeof path, "%s.exit", prefix);
	snprintf(temporary, sizeof temporary, "%s.exit.new", prefix);
	const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (write_all(fd, text, (size_t)size) == 0)
		(void)rename(temporary, path);
	close(fd);
}

static void tell_end(const char *prefix)
{
	told = 1;
	if (keeps_record)
		record_end(prefix);
	clients_tell();
}

// Returns how many, OWN_FDS at most.
static int poll_own(struct pollfd polled[])
{
	int count = 0;
	if (stdio.check && !given_up)
		polled[count++] = (struct pollfd){ .fd = SYNC_FD }; // its end is told in any case
	polled[count++] = (struct pollfd){ .fd = signals, .events = POLLIN };
	if (started >= 0)
		polled[count++] = (struct pollfd){ .fd = started, .events = POLLIN };
	if (console >= 0)
		polled[count++] = (struct pollfd){ .fd = console, .events = POLLIN };
	return count;
}

// The daemon waits no more, or is gone. Init made a session, so that its group is all that it started.
static void give_up_check(void)
{
	given_up = 1;
	(void)kill(-status.pid, SIGKILL);
	(void)kill(status.pid, SIGKILL); // before it has made it
}

static void own_ready(int fd)
{
	if (fd == SYNC_FD)
		give_up_check();
	else if (fd == signals)
		take_children();
	else if (fd == started)
		take_start();
	else if (fd == console)
		take_terminal();
}

// Output before anything else: what a client reads last must be what the program wrote last.
static void turn(int timeout_ms)
{
	struct pollfd polled[OWN_FDS + 3 + 1 + MAX_CLIENTS];
	const int own = poll_own(polled);
	const int streams = own + output_poll(polled + own);
	const int all = streams + clients_poll(polled + streams);
	if (poll(polled, (nfds_t)all, timeout_ms) <= 0)
		return;
	for (int i = own; i < streams; i++)
		if (polled[i].revents != 0 && polled[i].events == POLLOUT)
			input_write();
		else if (polled[i].revents != 0)
			output_ready(polled[i].fd);
	clients_ready(polled + streams, all - streams);
	for (int i = 0; i < own; i++)
		if (polled[i].revents != 0)
			own_ready(polled[i].fd);
}

static int patience_left_ms(void)
{
	if (!dead || told)
		return -1;
	const uint64_t waited_ms = (now_ns(CLOCK_MONOTONIC) - ended_at) / 1000000;
	return waited_ms >= PATIENCE_MS ? 0 : (int)(PATIENCE_MS - waited_ms);
}

static void keep_watch(const char *prefix)
{
	while (!dead || !output_done()) {
		turn(patience_left_ms());
		if (dead)
			output_drain();
		if (dead && !told && patience_left_ms() == 0)
			tell_end(prefix);
	}
	log_finish();
	if (!told)
		tell_end(prefix);
}

static int open_log(char *const argument[])
{
	struct log_options options = { .path = argument[LOG_PATH], .extra = argument[LOG_EXTRA] };
	if (number(argument[LOG_BYTES], &options.max_bytes) < 0 || number(argument[LOG_FILES], &options.max_files) < 0 ||
		number(argument[LOG_NUMBER], &options.number) < 0)
		return -1;
	return log_open(&options);
}

// What a check has started and left behind is not waited for, even if it holds the output open.
static void keep_watch_on_check(void)
{
	struct sync_ended ended;
	while (!dead)
		turn(-1);
	output_drain();
	ended.exit_code = status.exit_code;
	const size_t size = output_kept(ended.output);
	(void)send_sync(SYNC_FD, SYNC_ENDED, &ended, (uint32_t)(offsetof(struct sync_ended, output) + size));
}

static int prepare(char *const argument[], int child[])
{
	char socket_path[PATH_MAX];
	snprintf(socket_path, sizeof socket_path, "%s.sock", argument[RUN_PREFIX]);
	keeps_record = strchr(argument[STDIO_MODE], 'r') != NULL;
	if (watch_children() < 0 || stdio_open(argument[STDIO_MODE], child) < 0)
		return -1;
	if (!stdio.check && clients_listen(socket_path) < 0)
		return -1;
	if (strcmp(argument[LOG_PATH], "-") != 0 && open_log(argument) < 0)
		return -1;
	// Others of this user must not reach into it while init holds what a container may not have.
	// ptrace(2), proc(5)
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int run_monitor(int count, char *argument[])
{
	int child[3];
	if (count != ARGUMENTS || fcntl(SYNC_FD, F_SETFD, FD_CLOEXEC) < 0)
		return 2;
	const unsigned first_foreign = strcmp(argument[JOIN_FLAGS], "0") == 0 ? JOIN_FD : JOIN_FD + 1;
	if (syscall(SYS_close_range, first_foreign, ~0u, 0) < 0)
		give_up(errno);
	// It was started by the path of a descriptor, whose number is no name for it.
	if (prctl(PR_SET_NAME, "sampan-init", 0, 0, 0) < 0 || prepare(argument, child) < 0 || start(argument, child) < 0)
		give_up(errno);
	if (stdio.check) {
		keep_watch_on_check();
		return 0;
	}
	close(SYNC_FD);
	keep_watch(argument[RUN_PREFIX]);
	clients_end();
	return 0;
}
