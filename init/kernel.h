// Constants and structures of the mount API. The C library's and the kernel's headers each have
// them, cannot be included together, and differ between libraries. mount_setattr(2), openat2(2).

#ifndef SAMPAN_KERNEL_H
#define SAMPAN_KERNEL_H

#include <stdint.h>

enum {
	KERNEL_MOVE_MOUNT_F_EMPTY_PATH = 0x4,
	KERNEL_MOVE_MOUNT_T_EMPTY_PATH = 0x40,
	KERNEL_OPEN_TREE_CLONE = 1,
	KERNEL_FSOPEN_CLOEXEC = 1,
	KERNEL_FSMOUNT_CLOEXEC = 1,
	KERNEL_FSCONFIG_SET_FLAG = 0,
	KERNEL_FSCONFIG_SET_STRING = 1,
	KERNEL_FSCONFIG_CMD_CREATE = 6,
	KERNEL_MOUNT_ATTR_RDONLY = 0x1,
	KERNEL_MOUNT_ATTR_NOSUID = 0x2,
	KERNEL_MOUNT_ATTR_NODEV = 0x4,
	KERNEL_MOUNT_ATTR_NOEXEC = 0x8,
	KERNEL_RESOLVE_NO_MAGICLINKS = 0x2,
	KERNEL_RESOLVE_NO_SYMLINKS = 0x4,
};

struct kernel_mount_attr {
	uint64_t attr_set;
	uint64_t attr_clr;
	uint64_t propagation;
	uint64_t userns_fd;
};

struct kernel_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

// clone3(2), CLONE_ARGS_SIZE_VER2: with the cgroup.
struct kernel_clone_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};

#define KERNEL_CLONE_INTO_CGROUP 0x200000000ull

#endif
