// Feeds init's plan interpreter with what comes on stdin: plans, each with a 32-bit length in front.
//
//     init-fuzz parse   reads each plan, checks what came out of it, and prints + or - for each
//     init-fuzz run     has each plan come over a sync pipe of its own and be done by a process of its own;
//                       prints "STATUS STEP ERROR" for each
//
// What runs does so where nothing of the host is: in namespaces of its own, of a user who is nobody.

#define _GNU_SOURCE
#include "../../init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(2);
}

static int read_all(void *into, size_t size)
{
	char *at = into;
	while (size > 0) {
		const ssize_t got = read(0, at, size);
		if (got <= 0)
			return -1;
		at += got;
		size -= (size_t)got;
	}
	return 0;
}

// Memory of its very size, so that the sanitizer sees a step too far.
static char *next_plan(uint32_t *size)
{
	if (read_all(size, sizeof *size) < 0)
		return NULL;
	char *const bytes = malloc(*size > 0 ? *size : 1);
	if (bytes == NULL || read_all(bytes, *size) < 0)
		die("plan");
	return bytes;
}

static void check_text(const char *text, uint32_t size, const char *bytes, uint32_t total)
{
	if (text < bytes || text + size >= bytes + total || text[size] != '\0')
		abort();
}

static void check_plan(const char *bytes, uint32_t total)
{
	for (int i = 0; i < plan.steps; i++) {
		const struct step *const step = &plan.step[i];
		for (int j = -1; j < step->count; j++)
			check_text(step->arg[j], step->size[j], bytes, total);
		if (step->arg[step->count] != NULL)
			abort();
	}
}

static void parse_all(void)
{
	uint32_t size;
	for (char *bytes; (bytes = next_plan(&size)) != NULL; free(bytes)) {
		const int accepted = parse_plan(bytes, size) == 0;
		if (accepted)
			check_plan(bytes, size);
		putchar(accepted ? '+' : '-');
	}
}

// Leaks do not matter here, and looking for them takes a thread that a new pid namespace does not allow.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:exitcode=99";
}

static void map_ids(pid_t pid, const char *file)
{
	static const char map[] = "0 300000 65536";
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write_all(fd, map, sizeof map - 1) < 0)
		die(path);
	close(fd);
}

// Goes on as root of a user namespace whose ids are nobody's on the host.
static void leave_host(void)
{
	int asked[2], done[2];
	char byte = 0;
	if (pipe(asked) < 0 || pipe(done) < 0)
		die("pipe");
	const pid_t outside = getpid(), helper = fork();
	if (helper == 0) {
		(void)read(asked[0], &byte, 1);
		map_ids(outside, "uid_map");
		map_ids(outside, "gid_map");
		(void)write(done[1], &byte, 1);
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		die("unshare");
	if (write(asked[1], &byte, 1) < 0 || read(done[0], &byte, 1) < 0 || waitpid(helper, NULL, 0) < 0)
		die("maps");
	if (setgid(0) < 0 || setuid(0) < 0)
		die("become root");
	if (mount("none", "/tmp", "tmpfs", 0, NULL) < 0 || chdir("/tmp") < 0 || chroot(".") < 0)
		die("root");
	if (mkdir("/dir", 0755) < 0 || symlink("/dir", "/link") < 0)
		die("files");
}

static int send_plan(int socket, const char *bytes, uint32_t size)
{
	const struct plan_head head = { .magic = PLAN_MAGIC, .version = PLAN_VERSION, .bytes = size };
	const int memory = memfd_create("plan", MFD_CLOEXEC);
	struct iovec part = { .iov_base = (void *)&head, .iov_len = sizeof head };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof memory)] = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	struct cmsghdr *const rights = CMSG_FIRSTHDR(&message);
	*rights = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof memory) };
	memcpy(CMSG_DATA(rights), &memory, sizeof memory);
	if (memory < 0 || write_all(memory, bytes, size) < 0 || sendmsg(socket, &message, 0) < 0)
		return -1;
	return close(memory);
}

static _Noreturn void become_init(int socket, int nowhere)
{
	dup2(nowhere, 0);
	dup2(nowhere, 1);
	dup2(socket, SYNC_FD);
	dup2(nowhere, CONSOLE_FD);
	dup2(nowhere, STARTED_FD);
	run_init();
}

static void run_one(const char *bytes, uint32_t size, int nowhere)
{
	int pair[2], status;
	struct {
		struct sync_head head;
		struct sync_failed failed;
	} report = { .failed = { .step = -9 } };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || send_plan(pair[0], bytes, size) < 0)
		die("sync pipe");
	const pid_t pid = fork();
	if (pid == 0)
		become_init(fcntl(pair[1], F_DUPFD_CLOEXEC, 64), nowhere);
	close(pair[1]);
	(void)recv(pair[0], &report, sizeof report, MSG_WAITALL);
	close(pair[0]);
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	const int ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	printf("%d %d %d\n", ended, report.failed.step, report.failed.error);
	fflush(stdout);
}

static void run_all(void)
{
	uint32_t size;
	// Out of the way of the places that init's descriptors have.
	const int nowhere = fcntl(open("/dev/null", O_RDWR), F_DUPFD_CLOEXEC, 64);
	leave_host();
	// The first child is PID 1 of the new namespace, and all others go with it.
	const pid_t first = fork();
	if (first > 0) {
		waitpid(first, NULL, 0);
		return;
	}
	for (char *bytes; (bytes = next_plan(&size)) != NULL; free(bytes))
		run_one(bytes, size, nowhere);
	fflush(stdout);
	_exit(0);
}

int main(int argc, char *argv[])
{
	if (argc != 2)
		return 2;
	if (strcmp(argv[1], "parse") == 0)
		parse_all();
	else
		run_all();
	return 0;
}
