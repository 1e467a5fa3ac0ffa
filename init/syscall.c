// The one function that TypeScript calls to reach the kernel.
//
// It returns the result or -errno in one call: reading errno by a second FFI call would race with
// the JavaScript VM's own system calls on the same thread.

#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

long sampan_syscall(long number, long a, long b, long c, long d, long e, long f);

long sampan_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	const long result = syscall(number, a, b, c, d, e, f);
	return result == -1 ? -errno : result;
}
