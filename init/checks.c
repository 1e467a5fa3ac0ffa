// The server of checks: forks a monitor for each message of the daemon's.
//
// To start a program costs the daemon, which is large, ten times what a message costs it; and checks
// are started all the time. There is one server for a daemon, from its first check on. It ends with the
// daemon, and when it has had nothing to do for a while.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REQUEST_FD = 3, // socket to the daemon, one message for each check
	MONITOR_FDS = 2, // that come with each: the sync pipe, and a pidfd of the process to join
	MAX_REQUEST_BYTES = 8192,
	MAX_ARGUMENTS = 16,
	IDLE_MS = 60000,
};

struct request {
	char bytes[MAX_REQUEST_BYTES]; // the monitor's arguments, each with its NUL
	size_t size;
	int fd[MONITOR_FDS];
};

// Returns the bytes that came; 0: there will be no more.
static ssize_t receive(struct request *request)
{
	struct iovec part = { .iov_base = request->bytes, .iov_len = sizeof request->bytes };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof request->fd)] = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	const ssize_t size = recvmsg(REQUEST_FD, &message, MSG_CMSG_CLOEXEC);
	if (size <= 0)
		return size;
	const struct cmsghdr *const head = CMSG_FIRSTHDR(&message);
	if (head == NULL || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof request->fd))
		return -1;
	memcpy(request->fd, CMSG_DATA(head), sizeof request->fd);
	request->size = (size_t)size;
	return size;
}

static int split(struct request *request, char *argument[])
{
	int count = 0;
	request->bytes[request->size - 1] = '\0';
	for (char *at = request->bytes; at < request->bytes + request->size; at += strlen(at) + 1) {
		if (count == MAX_ARGUMENTS)
			return -1;
		argument[count++] = at;
	}
	return count;
}

// From here on as if the daemon had started it.
static _Noreturn void become_monitor(struct request *request)
{
	char *argument[MAX_ARGUMENTS];
	const int count = split(request, argument);
	(void)signal(SIGCHLD, SIG_DFL);
	if (count < 0 || setsid() < 0)
		_exit(2);
	// This order: none of the two that came is the first's place, and the first is no more needed then.
	if (dup2(request->fd[0], REQUEST_FD) < 0 || dup2(request->fd[1], REQUEST_FD + 1) < 0)
		_exit(2);
	_exit(run_monitor(count, argument));
}

// What was sent before is still taken; who sends later is told, and starts another server.
static void end_if_idle(void)
{
	struct pollfd requests = { .fd = REQUEST_FD, .events = POLLIN };
	if (poll(&requests, 1, IDLE_MS) == 0)
		(void)shutdown(REQUEST_FD, SHUT_RD);
}

int serve_checks(void)
{
	static struct request request;
	// Nobody asks how a monitor ended.
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR || fcntl(REQUEST_FD, F_SETFD, FD_CLOEXEC) < 0)
		return 2;
	for (;;) {
		end_if_idle();
		const ssize_t size = receive(&request);
		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return size == 0 ? 0 : 1;
		// Where it fails the daemon sees its end of the sync pipe closed.
		if (fork() == 0)
			become_monitor(&request);
		for (int i = 0; i < MONITOR_FDS; i++)
			close(request.fd[i]);
	}
}
