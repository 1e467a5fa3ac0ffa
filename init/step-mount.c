// Steps on the file system. After "root" the container's root is the only one there is: the kernel
// resolves every later path inside it, whatever symbolic links the image holds.

#define _GNU_SOURCE
#include "init.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int move_mount_to(int mount, int target)
{
	const int flags = KERNEL_MOVE_MOUNT_F_EMPTY_PATH | KERNEL_MOVE_MOUNT_T_EMPTY_PATH;
	return (int)syscall(SYS_move_mount, mount, "", target, "", flags);
}

static int clone_tree(int at, const char *path)
{
	const unsigned flags = KERNEL_OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH;
	return (int)syscall(SYS_open_tree, at, path, flags);
}

static int set_attributes(int mount, uint64_t attributes, unsigned flags)
{
	const struct kernel_mount_attr attr = { .attr_set = attributes };
	return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr);
}

static int attach_and_close(int mount, int target)
{
	const int result = mount < 0 || target < 0 ? -1 : move_mount_to(mount, target);
	const int error = errno;
	close(mount);
	close(target);
	errno = error;
	return result;
}

// root FD: makes the mount behind FD the root, and the host's tree unreachable.
//
// The old tree must be private first: an unmount in a shared one would reach the host.
// With "." for both, pivot_root() puts the old root on top of the new one: no directory of the image
// is needed. There "/.." leads to it, so it goes before any path of the image is used: a link in
// there that begins with ".." would reach the host. pivot_root(2), NOTES.
int step_root(const struct step *step)
{
	const int fd = plan_fd(step->arg[0]);
	if (fd < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, "/", KERNEL_MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	if (fchdir(fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -1;
	return umount2(".", MNT_DETACH) < 0 ? -1 : chdir("/");
}

// The links below /proc/<pid>/fd leave the root: init has descriptors of the host's open.
int open_path(const char *path, uint64_t resolve)
{
	const struct kernel_open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = resolve };
	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static int make_parents(const char *path)
{
	char copy[PATH_MAX];
	const size_t length = strlen(path);
	if (length == 0 || length >= sizeof copy) {
		errno = length == 0 ? ENOENT : ENAMETOOLONG;
		return -1;
	}
	memcpy(copy, path, length + 1);
	for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return 0;
}

// mkdir PATH MODE: with its parents; an existing one stays as it is.
int step_mkdir(const struct step *step)
{
	uint64_t mode;
	if (number(step->arg[1], &mode) < 0 || make_parents(step->arg[0]) < 0)
		return -1;
	return mkdir(step->arg[0], (mode_t)mode) == 0 || errno == EEXIST ? 0 : -1;
}

// file PATH: an empty file to mount over, unless something is there.
int step_file(const struct step *step)
{
	if (access(step->arg[0], F_OK) == 0)
		return 0;
	if (make_parents(step->arg[0]) < 0)
		return -1;
	const int fd = open(step->arg[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : close(fd);
}

static int open_target(const char *path, const char *follow)
{
	// An image that has a link at /proc or /sys would move what is masked out of the mask's way.
	return open_path(path, strcmp(follow, "follow") == 0
		? KERNEL_RESOLVE_NO_MAGICLINKS : KERNEL_RESOLVE_NO_SYMLINKS);
}

// attach FD PATH follow|nofollow: puts a mount that the daemon made at a path.
int step_attach(const struct step *step)
{
	const int fd = plan_fd(step->arg[0]);
	return fd < 0 ? -1 : attach_and_close(fd, open_target(step->arg[1], step->arg[2]));
}

static void keep_kernel_message(int context)
{
	char text[256];
	const ssize_t got = read(context, text, sizeof text - 1);
	if (got > 0) {
		text[got] = '\0';
		explain_failure(text);
	}
}

static int configure(int context, char *option)
{
	char *const equals = strchr(option, '=');
	if (equals == NULL)
		return (int)syscall(SYS_fsconfig, context, KERNEL_FSCONFIG_SET_FLAG, option, NULL, 0);
	*equals = '\0';
	const long result =
		syscall(SYS_fsconfig, context, KERNEL_FSCONFIG_SET_STRING, option, equals + 1, 0);
	*equals = '=';
	return (int)result;
}

static int make_mount(const char *type, uint64_t attributes, char *const option[])
{
	const int context = (int)syscall(SYS_fsopen, type, KERNEL_FSOPEN_CLOEXEC);
	if (context < 0)
		return -1;
	int result = (int)syscall(SYS_fsconfig, context, KERNEL_FSCONFIG_SET_STRING, "source", type, 0);
	for (int i = 0; result == 0 && option[i] != NULL; i++)
		result = configure(context, option[i]);
	if (result == 0)
		result = (int)syscall(SYS_fsconfig, context, KERNEL_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (result == 0)
		result = (int)syscall(SYS_fsmount, context, KERNEL_FSMOUNT_CLOEXEC, attributes);
	const int error = errno;
	if (result < 0)
		keep_kernel_message(context);
	close(context);
	errno = error;
	return result;
}

// mount TYPE PATH ATTRIBUTES [OPTION ...]: a new file system of the container's own.
int step_mount(const struct step *step)
{
	uint64_t attributes;
	if (number(step->arg[2], &attributes) < 0)
		return -1;
	const int mount = make_mount(step->arg[0], attributes, step->arg + 3);
	return mount < 0 ? -1 : attach_and_close(mount, open_target(step->arg[1], "nofollow"));
}

static struct {
	const char *path;
	int mount;
} made[8];

// make TYPE PATH ATTRIBUTES [OPTION ...]: like "mount", but "put" puts it at the path. For proc and
// sysfs, before "root": a user namespace may mount them only while the host's are visible.
int step_make(const struct step *step)
{
	static size_t count;
	uint64_t attributes;
	if (count == sizeof made / sizeof *made || number(step->arg[2], &attributes) < 0)
		return invalid();
	const int mount = make_mount(step->arg[0], attributes, step->arg + 3);
	if (mount < 0)
		return -1;
	made[count].path = step->arg[1];
	made[count++].mount = mount;
	return 0;
}

// put PATH: what "make" made for it. Of several the first comes first.
int step_put(const struct step *step)
{
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (made[i].path != NULL && strcmp(made[i].path, step->arg[0]) == 0) {
			made[i].path = NULL;
			return attach_and_close(made[i].mount, open_target(step->arg[0], "nofollow"));
		}
	return invalid();
}

// readonly PATH: mounts it over itself, read-only. What is not there needs no protection.
int step_readonly(const struct step *step)
{
	const int mount = clone_tree(AT_FDCWD, step->arg[0]);
	if (mount < 0)
		return errno == ENOENT ? 0 : -1;
	if (set_attributes(mount, KERNEL_MOUNT_ATTR_RDONLY, 0) < 0) {
		close(mount);
		return -1;
	}
	return attach_and_close(mount, open(step->arg[0], O_PATH | O_CLOEXEC));
}

// One empty file system serves all masked directories: each further one costs only a mount.
static int empty_directory(void)
{
	static int shared = -1;
	if (shared < 0) {
		char size[] = "size=0", inodes[] = "nr_inodes=2";
		char *const options[] = { size, inodes, NULL };
		shared = make_mount("tmpfs", KERNEL_MOUNT_ATTR_RDONLY | KERNEL_MOUNT_ATTR_NOSUID |
			KERNEL_MOUNT_ATTR_NODEV | KERNEL_MOUNT_ATTR_NOEXEC, options);
		return shared < 0 ? -1 : fcntl(shared, F_DUPFD_CLOEXEC, 0);
	}
	return clone_tree(shared, "");
}

// A container with a /dev of its own may have anything there; what is mounted must show nothing.
static int null_device(void)
{
	struct stat status;
	const int fd = open_path("/dev/null", KERNEL_RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return -1;
	const int is_null = fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
	const int copy = is_null ? clone_tree(fd, "") : invalid();
	const int error = errno;
	close(fd);
	errno = error;
	return copy;
}

// mask PATH: hides a file behind /dev/null, a directory behind an empty one.
int step_mask(const struct step *step)
{
	struct stat status;
	const int target = open(step->arg[0], O_PATH | O_CLOEXEC);
	if (target < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (fstat(target, &status) < 0) {
		close(target);
		return -1;
	}
	const int cover = S_ISDIR(status.st_mode) ? empty_directory() : null_device();
	return attach_and_close(cover, target);
}

// mount-readonly PATH: a mount itself, after the last step that makes something in it.
int step_mount_readonly(const struct step *step)
{
	const struct kernel_mount_attr attr = { .attr_set = KERNEL_MOUNT_ATTR_RDONLY };
	return (int)syscall(SYS_mount_setattr, AT_FDCWD, step->arg[0], 0, &attr, sizeof attr);
}
