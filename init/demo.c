// What a container sees: the one program of the default image, `sampan/hello`.
//
// It reads only what any program in a container can read, so it shows the container as it is and
// not as the daemon meant it to be.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { TEXT = 4096, LABEL = 13, WIDTH = 76 };

static const char *const CAPABILITIES[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
	"setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw",
	"ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct",
	"sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod",
	"lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog",
	"wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
};

static const char *const NAMESPACES[] = {
	"user", "pid", "mnt", "net", "uts", "ipc", "cgroup", "time",
};

// Words after a label, wrapped and lined up below each other.
struct line {
	int column;
};

static struct line label(const char *name)
{
	printf("  %-*s", LABEL, name);
	return (struct line){ .column = LABEL + 2 };
}

__attribute__((format(printf, 2, 3)))
static void put(struct line *line, const char *format, ...)
{
	char word[TEXT];
	va_list values;
	va_start(values, format);
	const int length = vsnprintf(word, sizeof word, format, values);
	va_end(values);

	const bool first = line->column == LABEL + 2;
	if (!first && line->column + 1 + length > WIDTH) {
		printf("\n%*s", LABEL + 2, "");
		line->column = LABEL + 2;
	} else if (!first) {
		putchar(' ');
		line->column++;
	}
	fputs(word, stdout);
	line->column += length;
}

// The first bytes of a file as a string; false when it cannot be read.
static bool read_text(const char *path, char text[TEXT])
{
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	const ssize_t size = read(file, text, TEXT - 1);
	close(file);
	text[size < 0 ? 0 : size] = '\0';
	return size > 0;
}

static bool read_number(const char *path, long long *number)
{
	char text[TEXT];
	char *end;
	if (!read_text(path, text))
		return false;
	*number = strtoll(text, &end, 10);
	return end != text;
}

// The value of a line such as `CapEff:\t00…` in /proc/self/status, or "".
static const char *status_field(const char status[TEXT], const char *name)
{
	const char *const at = strstr(status, name);
	return at == NULL ? "" : at + strlen(name);
}

static void show_process(void)
{
	struct line line = label("process");
	put(&line, "PID %d%s", (int)getpid(), getpid() == 1 ? ", the first one in here" : "");
	putchar('\n');
}

static void show_user(void)
{
	struct line line = label("user");
	char map[TEXT];
	unsigned inside = 0, outside = 0, count = 0;
	const unsigned uid = (unsigned)getuid();
	if (!read_text("/proc/self/uid_map", map) ||
	    sscanf(map, "%u %u %u", &inside, &outside, &count) != 3) {
		put(&line, "uid %u (its map cannot be read)", uid);
	} else if (count == UINT32_MAX) {
		put(&line, "uid %u in here and on the host: no user namespace of its own", uid);
	} else {
		put(&line, "uid %u in here is uid %u on the host,", uid, uid - inside + outside);
		put(&line, "one of %u ids of its own", count);
	}
	putchar('\n');
}

static void show_namespaces(void)
{
	struct line line = label("namespaces");
	for (size_t i = 0; i < sizeof NAMESPACES / sizeof *NAMESPACES; i++) {
		char path[64], target[64];
		snprintf(path, sizeof path, "/proc/self/ns/%s", NAMESPACES[i]);
		const ssize_t size = readlink(path, target, sizeof target - 1);
		if (size > 0)
			put(&line, "%.*s", (int)size, target);
	}
	putchar('\n');
}

// A line of mountinfo: id parent major:minor root target options [tags] - type source options.
static void show_mounts(void)
{
	struct line line = label("root");
	FILE *const mounts = fopen("/proc/self/mountinfo", "re");
	char text[TEXT], target[TEXT], options[TEXT], type[64];
	int count = 0;
	while (mounts != NULL && fgets(text, sizeof text, mounts) != NULL) {
		const char *const rest = strstr(text, " - ");
		count++;
		if (rest != NULL && sscanf(rest, " - %63s", type) == 1 &&
		    sscanf(text, "%*s %*s %*s %*s %4095s %4095s", target, options) == 2 &&
		    strcmp(target, "/") == 0)
			put(&line, "%s, %s;", type, options);
	}
	put(&line, "%d mounts in all", count);
	putchar('\n');
	if (mounts != NULL)
		fclose(mounts);
}

static void show_hostname(const struct utsname *system)
{
	struct line line = label("hostname");
	put(&line, "%s", system->nodename);
	putchar('\n');
}

static void show_address(struct line *line, const struct ifaddrs *address)
{
	char text[INET6_ADDRSTRLEN];
	const int family = address->ifa_addr == NULL ? AF_UNSPEC : address->ifa_addr->sa_family;
	if (family == AF_INET) {
		const struct sockaddr_in *const v4 = (const void *)address->ifa_addr;
		put(line, "%s %s", address->ifa_name,
		    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text));
	} else if (family == AF_INET6) {
		const struct sockaddr_in6 *const v6 = (const void *)address->ifa_addr;
		if (!IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
			put(line, "%s %s", address->ifa_name,
			    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text));
	}
}

static void show_network(void)
{
	struct line line = label("addresses");
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) < 0)
		all = NULL;
	for (const struct ifaddrs *address = all; address != NULL; address = address->ifa_next)
		show_address(&line, address);
	if (line.column == LABEL + 2)
		put(&line, "none");
	putchar('\n');
	if (all != NULL)
		freeifaddrs(all);
}

static void show_capabilities(const char status[TEXT])
{
	struct line line = label("capabilities");
	const unsigned long long held = strtoull(status_field(status, "CapEff:"), NULL, 16);
	put(&line, held == 0 ? "none" : "%d:", __builtin_popcountll(held));
	for (size_t i = 0; i < sizeof CAPABILITIES / sizeof *CAPABILITIES; i++)
		if (held >> i & 1)
			put(&line, "%s", CAPABILITIES[i]);
	putchar('\n');
}

static void show_seccomp(const char status[TEXT])
{
	struct line line = label("seccomp");
	const long mode = strtol(status_field(status, "Seccomp:"), NULL, 10);
	const long privileges = strtol(status_field(status, "NoNewPrivs:"), NULL, 10);
	put(&line, "%s,", mode == 2 ? "filters system calls" : mode == 1 ? "strict" : "off");
	put(&line, "no-new-privileges %s", privileges == 1 ? "on" : "off");
	putchar('\n');
}

// A limit from cgroup v2's file or v1's. Version 1 has huge numbers for "none", 2 has a word.
static void show_limit(struct line *line, const char *name, const char *const paths[2])
{
	long long value;
	if (read_number(paths[0], &value) || read_number(paths[1], &value)) {
		if (value >= 0 && value < 1LL << 60)
			put(line, "%s %lld;", name, value);
		else
			put(line, "%s unlimited;", name);
	} else {
		const bool is_there = access(paths[0], F_OK) == 0 || access(paths[1], F_OK) == 0;
		put(line, "%s %s;", name, is_there ? "unlimited" : "unknown");
	}
}

static bool read_cpu_limit(long long *quota, long long *period)
{
	char text[TEXT];
	if (read_text("/sys/fs/cgroup/cpu.max", text))
		return sscanf(text, "%lld %lld", quota, period) == 2;
	return read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota) &&
	       read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period) && *quota > 0;
}

static void show_limits(void)
{
	struct line line = label("limits");
	long long quota, period;
	show_limit(&line, "memory", (const char *const[2]){
		"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes" });
	show_limit(&line, "processes", (const char *const[2]){
		"/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max" });
	if (read_cpu_limit(&quota, &period))
		put(&line, "%.2f of %ld CPUs", (double)quota / (double)period,
		    sysconf(_SC_NPROCESSORS_ONLN));
	else
		put(&line, "all %ld CPUs", sysconf(_SC_NPROCESSORS_ONLN));
	putchar('\n');
}

static void show_kernel(const struct utsname *system)
{
	struct line line = label("kernel");
	put(&line, "%s %s %s, shared with the host", system->sysname, system->release, system->machine);
	putchar('\n');
}

int main(void)
{
	struct utsname system;
	char status[TEXT] = "";

	if (uname(&system) < 0)
		return 1;
	read_text("/proc/self/status", status);

	puts("Hello from a container. This is what it sees:\n");
	show_process();
	show_user();
	show_namespaces();
	show_mounts();
	show_hostname(&system);
	show_network();
	show_capabilities(status);
	show_seccomp(status);
	show_limits();
	show_kernel(&system);
	return fflush(stdout) == 0 ? 0 : 1;
}
