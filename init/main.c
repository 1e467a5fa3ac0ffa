#define _GNU_SOURCE
#include "init.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

// Makes a user namespace and keeps it until the other end of stdin is closed.
static int hold_user_namespace(void)
{
	char byte;
	if (unshare(CLONE_NEWUSER) < 0)
		return 1;
	return read(0, &byte, 1) < 0 ? 1 : 0;
}

int main(int argc, char *argv[])
{
	static const char usage[] =
		"sampan-init is started by the sampan daemon, one for each container.\n"
		"It is no command for people: see `sampan run --help`.\n";

	if (argc >= 2 && strcmp(argv[1], "monitor") == 0)
		return run_monitor(argc - 2, argv + 2);
	if (argc == 2 && strcmp(argv[1], "checks") == 0)
		return serve_checks();
	if (argc == 2 && strcmp(argv[1], "user-namespace") == 0)
		return hold_user_namespace();
	(void)write_all(2, usage, sizeof usage - 1);
	return 2;
}
