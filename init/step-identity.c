// Steps on who the program is and what it may do. Their order is the plan's: seccomp(2) needs
// CAP_SYS_ADMIN or no-new-privileges, and a changed user loses capabilities unless they are kept.

#define _GNU_SOURCE
#include "init.h"
#include "kernel.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The C library's setresuid() would tell other threads; there are none, and the kernel's is the plain one.
static int set_ids(uint32_t uid, uint32_t gid)
{
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return -1;
	return (int)syscall(SYS_setresuid, uid, uid, uid);
}

// become-root: takes on the user namespace's root, so that what is made from here on belongs to it.
int step_become_root(const struct step *step)
{
	(void)step;
	return syscall(SYS_setgroups, 0, NULL) < 0 || set_ids(0, 0) < 0 ? -1 : end_with_monitor();
}

// bounding MASK: drops what no program in here shall ever get. capabilities(7).
int step_bounding(const struct step *step)
{
	uint64_t keep;
	if (number(step->arg[0], &keep) < 0)
		return -1;
	for (int capability = 0; capability < 64; capability++) {
		if ((keep >> capability & 1) != 0 || prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return -1;
	}
	return 0;
}

// user UID GID [GROUP ...]
int step_user(const struct step *step)
{
	static uint32_t groups[NGROUPS_MAX];
	uint32_t uid, gid;
	const int count = step->count - 2;
	if (identifier(step->arg[0], &uid) < 0 || identifier(step->arg[1], &gid) < 0 || count > NGROUPS_MAX)
		return invalid();
	for (int i = 0; i < count; i++)
		if (identifier(step->arg[2 + i], &groups[i]) < 0)
			return -1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || syscall(SYS_setgroups, count, groups) < 0)
		return -1;
	return set_ids(uid, gid) < 0 ? -1 : prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

static int raise_ambient(uint64_t mask)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -1;
	for (int capability = 0; capability < 64; capability++)
		if ((mask >> capability & 1) != 0 &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return -1;
	return 0;
}

// capabilities EFFECTIVE PERMITTED INHERITABLE AMBIENT, each as a mask.
int step_capabilities(const struct step *step)
{
	uint64_t effective, permitted, inheritable, ambient;
	if (number(step->arg[0], &effective) < 0 || number(step->arg[1], &permitted) < 0 ||
		number(step->arg[2], &inheritable) < 0 || number(step->arg[3], &ambient) < 0)
		return -1;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };
	struct __user_cap_data_struct half[2];
	for (int i = 0; i < 2; i++)
		half[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(effective >> 32 * i),
			.permitted = (uint32_t)(permitted >> 32 * i),
			.inheritable = (uint32_t)(inheritable >> 32 * i),
		};
	return syscall(SYS_capset, &head, half) < 0 ? -1 : raise_ambient(ambient);
}

int step_no_new_privileges(const struct step *step)
{
	(void)step;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

// seccomp FLAGS PROGRAM: struct sock_filter[], as src/linux/seccomp.ts compiles it.
int step_seccomp(const struct step *step)
{
	uint64_t flags;
	const size_t size = step->size[1];
	if (number(step->arg[0], &flags) < 0 || size == 0 || size % sizeof(struct sock_filter) != 0 || size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return invalid();
	// The kernel copies byte by byte: a field that is not aligned is no matter.
	const struct {
		unsigned short length;
		const void *filter;
	} program = {
		.length = (unsigned short)(size / sizeof(struct sock_filter)),
		.filter = step->arg[1],
	};
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)flags, &program);
}

int step_umask(const struct step *step)
{
	uint64_t mask;
	if (number(step->arg[0], &mask) < 0)
		return -1;
	umask((mode_t)mask);
	return 0;
}

int step_cwd(const struct step *step)
{
	const int fd = open_path(step->arg[0], KERNEL_RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return -1;
	const int result = fchdir(fd);
	const int error = errno;
	close(fd);
	errno = error;
	return result;
}
