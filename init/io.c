// Bytes and descriptors over pipes and sockets.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	while (size > 0) {
		const ssize_t sent = write(fd, at, size);
		if (sent < 0 && errno != EINTR)
			return -1;
		if (sent > 0) {
			at += sent;
			size -= (size_t)sent;
		}
	}
	return 0;
}

// In one message, so that it is there whole or not at all. A daemon that is gone is no reason to die
// by a signal.
int send_sync(int fd, uint32_t type, const void *body, uint32_t size)
{
	struct sync_head head = { .type = type, .length = size };
	union { const void *in; void *out; } unconst = { .in = body };
	struct iovec part[] = {
		{ .iov_base = &head, .iov_len = sizeof head },
		{ .iov_base = unconst.out, .iov_len = size },
	};
	const struct msghdr message = { .msg_iov = part, .msg_iovlen = 2 };
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

// A descriptor needs at least one byte to travel with. unix(7).
int send_fd(int socket, int fd)
{
	char byte = 0;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	struct cmsghdr *const head = CMSG_FIRSTHDR(&message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(head), &fd, sizeof fd);
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int receive_fd(int socket)
{
	char byte;
	int fd = -1;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	const struct cmsghdr *const head = CMSG_FIRSTHDR(&message);
	if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(head), sizeof fd);
	return fd;
}

int non_blocking(int fd)
{
	const int flags = fcntl(fd, F_GETFL);
	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

uint64_t now_ns(int clock)
{
	struct timespec now = { 0 };
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
