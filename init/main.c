#include "init.h"

#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	static const char usage[] =
		"sampan-init is started by the sampan daemon, one for each container.\n"
		"It is no command for people: see `sampan run --help`.\n";

	if (argc >= 2 && strcmp(argv[1], "monitor") == 0)
		return run_monitor(argc - 2, argv + 2);
	(void)write_all(2, usage, sizeof usage - 1);
	return 2;
}
