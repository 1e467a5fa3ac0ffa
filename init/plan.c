// The plan: taking it in from the sync pipe, reading it, and doing its steps in order.
//
// A plan is bytes: for each step a 16-bit count of fields, then each field as a 32-bit length, its
// bytes and a NUL; a count of zero ends it. The first field names the operation, numbers are decimal
// texts, descriptors are numbered from 0 in the order they were sent. Everything is checked before
// the first step is done: a plan that is cut off, too large or unknown in any part does nothing.

#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const struct operation OPERATIONS[] = {
	{ "root", 1, 1, step_root, 0 },
	{ "mkdir", 2, 2, step_mkdir, 0 },
	{ "file", 1, 1, step_file, 0 },
	{ "attach", 3, 3, step_attach, 0 },
	{ "mount", 3, 32, step_mount, 0 },
	{ "make", 3, 32, step_make, 0 },
	{ "put", 1, 1, step_put, 0 },
	{ "readonly", 1, 1, step_readonly, 0 },
	{ "mask", 1, 1, step_mask, 0 },
	{ "mount-readonly", 1, 1, step_mount_readonly, 0 },
	{ "setns", 2, 2, step_setns, 0 },
	{ "unshare", 1, 1, step_unshare, 0 },
	{ "write", 2, 2, step_write, 0 },
	{ "hostname", 1, 1, step_hostname, 0 },
	{ "domainname", 1, 1, step_domainname, 0 },
	{ "sysctl", 2, 2, step_sysctl, 0 },
	{ "netlink", 1, 1, step_netlink, 1 },
	{ "keyring", 1, 1, step_keyring, 0 },
	{ "become-root", 0, 0, step_become_root, 0 },
	{ "bounding", 1, 1, step_bounding, 0 },
	{ "user", 2, MAX_FIELDS, step_user, 0 },
	{ "capabilities", 4, 4, step_capabilities, 0 },
	{ "no-new-privileges", 0, 0, step_no_new_privileges, 0 },
	{ "seccomp", 2, 2, step_seccomp, 1 },
	{ "umask", 1, 1, step_umask, 0 },
	{ "cwd", 1, 1, step_cwd, 0 },
	{ "null-stdin", 0, 0, step_null_stdin, 0 },
	{ "terminal", 4, 4, step_terminal, 0 },
	{ "environment", 0, MAX_FIELDS, step_environment, 0 },
	{ "exec", 1, MAX_FIELDS, step_exec, 0 },
	{ "exec-under-reaper", 1, MAX_FIELDS, step_exec_under_reaper, 0 },
};

enum { OPERATION_COUNT = sizeof OPERATIONS / sizeof *OPERATIONS };

struct plan plan;

static char buffer[MAX_PLAN_BYTES];
static char *field[MAX_FIELDS + MAX_STEPS];
static uint32_t field_size[MAX_FIELDS + MAX_STEPS];
static uint32_t took_ns[MAX_STEPS];
static uint64_t born_ns, woken_ns;
static char explanation[256];

int invalid(void)
{
	errno = EINVAL;
	return -1;
}

int number(const char *text, uint64_t *value)
{
	char *end;
	if (*text < '0' || *text > '9')
		return invalid();
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno != 0 || *end != '\0' ? invalid() : 0;
}

// A user or group. The largest number is none: the kernel takes it for "leave as it is".
int identifier(const char *text, uint32_t *id)
{
	uint64_t value;
	if (number(text, &value) < 0)
		return -1;
	*id = (uint32_t)value;
	return value < UINT32_MAX ? 0 : invalid();
}

// The descriptor that a plan calls by its place.
int plan_fd(const char *text)
{
	uint64_t place;
	if (number(text, &place) < 0)
		return -1;
	return place < (uint64_t)plan.fds ? plan.fd[place] : invalid();
}

// Keeps a text of the kernel's for the report of the step that is about to fail.
void explain_failure(const char *text)
{
	const int error = errno;
	strncpy(explanation, text, sizeof explanation - 1);
	errno = error;
}

static int find_operation(const char *name)
{
	for (int i = 0; i < OPERATION_COUNT; i++)
		if (strcmp(OPERATIONS[i].name, name) == 0)
			return i;
	return invalid();
}

struct reader {
	char *at;
	char *end;
	int fields; // used so far
};

static int take_bytes(struct reader *reader, void *into, size_t size)
{
	if ((size_t)(reader->end - reader->at) < size)
		return invalid();
	memcpy(into, reader->at, size);
	reader->at += size;
	return 0;
}

static int take_field(struct reader *reader)
{
	uint32_t size = 0;
	if (take_bytes(reader, &size, sizeof size) < 0)
		return -1;
	const size_t left = (size_t)(reader->end - reader->at);
	if (size >= left || reader->at[size] != '\0' || reader->fields >= MAX_FIELDS)
		return invalid();
	field[plan.steps + reader->fields] = reader->at;
	field_size[plan.steps + reader->fields] = size;
	reader->at += size + 1;
	reader->fields++;
	return 0;
}

// A NUL inside a text would make the kernel see another text than the one that was checked.
static int has_hidden_nul(const struct step *step)
{
	if (strlen(step->arg[-1]) != step->size[-1])
		return 1;
	const int texts = OPERATIONS[step->op].binary ? step->count - 1 : step->count;
	for (int i = 0; i < texts; i++)
		if (strlen(step->arg[i]) != step->size[i])
			return 1;
	return 0;
}

// Each step's fields end in a NULL, which takes one more place than the fields themselves.
static int take_step(struct reader *reader, uint16_t count)
{
	const int first = plan.steps + reader->fields;
	if (plan.steps >= MAX_STEPS)
		return invalid();
	for (uint16_t i = 0; i < count; i++)
		if (take_field(reader) < 0)
			return -1;
	field[plan.steps + reader->fields] = NULL;
	struct step *const step = &plan.step[plan.steps];
	step->op = find_operation(field[first]);
	if (step->op < 0)
		return -1;
	step->count = count - 1;
	step->arg = &field[first + 1];
	step->size = &field_size[first + 1];
	const struct operation *const operation = &OPERATIONS[step->op];
	if (step->count < operation->least || step->count > operation->most || has_hidden_nul(step))
		return invalid();
	plan.steps++;
	return 0;
}

int parse_plan(char *bytes, size_t size)
{
	struct reader reader = { .at = bytes, .end = bytes + size, .fields = 0 };
	plan.steps = 0;
	for (;;) {
		uint16_t count = 0;
		if (take_bytes(&reader, &count, sizeof count) < 0)
			return -1;
		if (count == 0)
			return reader.at == reader.end && plan.steps > 0 ? 0 : invalid();
		if (take_step(&reader, count) < 0)
			return -1;
	}
}

static int keep_fds(const struct msghdr *message)
{
	const struct cmsghdr *const head = CMSG_FIRSTHDR(message);
	if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return invalid();
	const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (count == 0 || count > MAX_PLAN_FDS || (message->msg_flags & MSG_CTRUNC) != 0)
		return invalid();
	memcpy(plan.fd, CMSG_DATA(head), count * sizeof(int));
	plan.fds = (int)count;
	return 0;
}

static int receive_head(struct plan_head *head)
{
	static _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof plan.fd)];
	struct iovec part = { .iov_base = head, .iov_len = sizeof *head };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	ssize_t got;
	do
		got = recvmsg(SYNC_FD, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	return (size_t)got == sizeof *head ? keep_fds(&message) : invalid();
}

static int read_plan(int fd, size_t size)
{
	size_t have = 0;
	while (have < size) {
		const ssize_t got = pread(fd, buffer + have, size - have, (off_t)have);
		if (got == 0)
			return invalid();
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			have += (size_t)got;
	}
	return 0;
}

int take_plan(void)
{
	struct plan_head head = { 0 };
	if (receive_head(&head) < 0)
		return -1;
	woken_ns = now_ns(CLOCK_MONOTONIC);
	if (head.magic != PLAN_MAGIC || head.version != PLAN_VERSION || head.fds + 1 != (uint32_t)plan.fds)
		return invalid();
	if (head.bytes > MAX_PLAN_BYTES) {
		errno = E2BIG;
		return -1;
	}
	if (read_plan(plan.fd[0], head.bytes) < 0)
		return -1;
	close(plan.fd[0]);
	plan.fds--;
	memmove(plan.fd, plan.fd + 1, (size_t)plan.fds * sizeof(int));
	return parse_plan(buffer, head.bytes);
}

// The monitor is told first, by the byte that says "did not start": if the daemon is gone, telling
// it can be the end by SIGPIPE.
_Noreturn void fail_step(int step, int error)
{
	struct {
		struct sync_failed failed;
		char text[sizeof explanation];
	} report = { .failed = { .step = step, .error = error } };
	const size_t length = strlen(explanation);
	memcpy(report.text, explanation, length);
	(void)write_all(STARTED_FD, "F", 1);
	(void)send_sync(SYNC_FD, SYNC_FAILED, &report, (uint32_t)(sizeof report.failed + length));
	_exit(125);
}

// Is called by the exec steps at the last moment: what comes after has no way to be told.
void send_trace(void)
{
	static struct {
		struct sync_trace trace;
		uint32_t took_ns[MAX_STEPS];
	} report;
	report.trace.waited_ns = woken_ns - born_ns;
	report.trace.total_ns = now_ns(CLOCK_MONOTONIC) - woken_ns;
	memcpy(report.took_ns, took_ns, (size_t)plan.steps * sizeof *took_ns);
	const size_t size = sizeof report.trace + (size_t)plan.steps * sizeof *took_ns;
	(void)send_sync(SYNC_FD, SYNC_TRACE, &report, (uint32_t)size);
}

_Noreturn void run_init(void)
{
	born_ns = now_ns(CLOCK_MONOTONIC);
	if (take_plan() < 0)
		fail_step(-1, errno);
	uint64_t begin = now_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < plan.steps; i++) {
		if (OPERATIONS[plan.step[i].op].run(&plan.step[i]) < 0)
			fail_step(i, errno);
		const uint64_t end = now_ns(CLOCK_MONOTONIC);
		took_ns[i] = (uint32_t)(end - begin);
		begin = end;
	}
	// A plan without an exec has nothing to become.
	fail_step(plan.steps, ENOEXEC);
}
