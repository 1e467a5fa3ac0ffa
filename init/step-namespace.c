// Steps on namespaces, and on what is set inside them.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// setns FD FLAGS: FD is a pidfd with several flags, or a namespace with its one. setns(2).
int step_setns(const struct step *step)
{
	uint64_t flags;
	const int fd = plan_fd(step->arg[0]);
	return fd < 0 || number(step->arg[1], &flags) < 0 ? -1 : setns(fd, (int)flags);
}

int step_unshare(const struct step *step)
{
	uint64_t flags;
	return number(step->arg[0], &flags) < 0 ? -1 : unshare((int)flags);
}

static int write_once(int fd, const char *text, size_t size)
{
	const ssize_t sent = write(fd, text, size);
	if (sent >= 0 && (size_t)sent != size)
		errno = EIO;
	return sent == (ssize_t)size ? 0 : -1;
}

// write FD TEXT: into a file that the daemon opened, such as a cgroup's tasks.
int step_write(const struct step *step)
{
	const int fd = plan_fd(step->arg[0]);
	return fd < 0 ? -1 : write_once(fd, step->arg[1], step->size[1]);
}

int step_hostname(const struct step *step)
{
	return sethostname(step->arg[0], step->size[0]);
}

int step_domainname(const struct step *step)
{
	return setdomainname(step->arg[0], step->size[0]);
}

// sysctl PATH VALUE: a file below /proc/sys.
int step_sysctl(const struct step *step)
{
	const int fd = open(step->arg[0], O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	const int result = write_once(fd, step->arg[1], step->size[1]);
	const int error = errno;
	close(fd);
	errno = error;
	return result;
}

static int netlink_socket(void)
{
	static int shared = -1;
	if (shared < 0)
		shared = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return shared;
}

// netlink MESSAGE: one request with NLM_F_ACK; its answer is the step's result. rtnetlink(7).
int step_netlink(const struct step *step)
{
	_Alignas(struct nlmsghdr) char answer[4096];
	const int socket = netlink_socket();
	if (socket < 0 || send(socket, step->arg[0], step->size[0], 0) < 0)
		return -1;
	// The kernel has answered when send() returns; where it has not, it never will.
	const ssize_t got = recv(socket, answer, sizeof answer, MSG_DONTWAIT);
	if (got < 0)
		return -1;
	const struct nlmsghdr *const head = (const struct nlmsghdr *)answer;
	if ((size_t)got < NLMSG_LENGTH(sizeof(struct nlmsgerr)) || head->nlmsg_type != NLMSG_ERROR)
		return invalid();
	const struct nlmsgerr *const result = NLMSG_DATA(head);
	errno = -result->error;
	return result->error == 0 ? 0 : -1;
}

// keyring NAME: the container's keys are not the daemon's. A kernel without keyrings has none to keep apart.
int step_keyring(const struct step *step)
{
	enum { JOIN_SESSION_KEYRING = 1 };
	if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, step->arg[0]) >= 0 || errno == ENOSYS)
		return 0;
	// The host's limit on keys is no reason to not run; the keyring is then the monitor's, which is empty.
	return errno == EDQUOT ? 0 : -1;
}
