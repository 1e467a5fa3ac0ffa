// Sets the seccomp filter that is in a file, makes one system call, and prints what it returned.
//
//     seccomp-call FILE FLAGS x64|x86 NUMBER [ARGUMENT …]

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_INSTRUCTIONS = 4096 };

static struct sock_filter instructions[MAX_INSTRUCTIONS];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void set_filter(const char *file, unsigned flags)
{
	const int fd = open(file, O_RDONLY | O_CLOEXEC);
	const ssize_t size = fd < 0 ? -1 : read(fd, instructions, sizeof instructions);
	if (size < 0)
		die(file);
	const struct sock_fprog program = {
		.len = (unsigned short)((size_t)size / sizeof *instructions),
		.filter = instructions,
	};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("no_new_privs");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		die("seccomp");
}

static long call_native(const unsigned long a[7])
{
	const long result = syscall((long)a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	return result == -1 ? -errno : result;
}

#ifdef __x86_64__
static long call_x86(const unsigned long a[7])
{
	int32_t result;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"((uint32_t)a[0]), "b"((uint32_t)a[1]), "c"((uint32_t)a[2]),
			   "d"((uint32_t)a[3]), "S"((uint32_t)a[4]), "D"((uint32_t)a[5])
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}
#else
static long call_x86(const unsigned long a[7])
{
	(void)a;
	return -ENOSYS;
}
#endif

int main(int argc, char *argv[])
{
	unsigned long words[7] = { 0 };
	if (argc < 5 || argc > 11)
		return 2;
	for (int i = 4; i < argc; i++)
		words[i - 4] = strtoul(argv[i], NULL, 0);
	// A call that kills is what some of the tests want; it needs no core file.
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	set_filter(argv[1], (unsigned)strtoul(argv[2], NULL, 0));
	printf("%ld\n", strcmp(argv[3], "x86") == 0 ? call_x86(words) : call_native(words));
	return 0;
}
