// The program's stdio: pipes or a terminal, the log, and the clients that read and write it.
//
// One piece of output is under way at a time. The next is read when the log and every attached
// client have it: the slowest client sets the pace, as in Docker, and no memory grows.

#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct stdio stdio = { .input = -1, .output = { -1, -1 } };

static char chunk[FRAME_BYTES + CHUNK_BYTES];
static char input[CHUNK_BYTES];
static size_t input_at, input_size;
static int input_ended; // close it when what is pending is written
static int terminal_taken;
static char kept[MAX_CHECK_BYTES + 1]; // of a check's output
static size_t kept_size;

static int has(const char *mode, char letter)
{
	return strchr(mode, letter) != NULL;
}

// The program may open /proc/self/fd/1 anew as any user of the container: hence the mode.
static int make_pipe(int *near, int *far, int near_end)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0 || fchmod(ends[0], 0666) < 0 || non_blocking(ends[near_end]) < 0)
		return -1;
	*near = ends[near_end];
	*far = ends[1 - near_end];
	return 0;
}

// mode: 'r' is the monitor's own, 'c' a check, 't' a terminal, 'i' open stdin, 'o' stdin ends with the first client's. child[0..2] become
// the program's descriptors; those of a terminal are opened by init and here only stand in.
int stdio_open(const char *mode, int child[])
{
	stdio.terminal = has(mode, 't');
	stdio.stdin_once = has(mode, 'o');
	stdio.check = has(mode, 'c');
	for (int i = 0; i < 3; i++) {
		child[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (child[i] < 0)
			return -1;
	}
	if (stdio.terminal)
		return 0;
	if (has(mode, 'i') && make_pipe(&stdio.input, &child[0], 1) < 0)
		return -1;
	if (make_pipe(&stdio.output[0], &child[1], 0) < 0)
		return -1;
	return make_pipe(&stdio.output[1], &child[2], 0);
}

void stdio_take_terminal(int master)
{
	if (non_blocking(master) < 0)
		return;
	stdio.output[0] = master;
	stdio.input = master;
	terminal_taken = 1;
}

static void keep(const char *bytes, size_t size)
{
	const size_t room = sizeof kept - kept_size;
	const size_t taken = size < room ? size : room;
	memcpy(kept + kept_size, bytes, taken);
	kept_size += taken;
}

size_t output_kept(char *bytes)
{
	memcpy(bytes, kept, kept_size);
	return kept_size;
}

static void put_frame_head(int stream, size_t size)
{
	const char head[FRAME_BYTES] = {
		(char)stream, 0, 0, 0,
		(char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size,
	};
	memcpy(chunk, head, sizeof head);
}

static void end_output(int place)
{
	close(stdio.output[place]);
	if (stdio.terminal) {
		stdio.input = -1; // the same descriptor
		input_size = 0;
	}
	stdio.output[place] = -1;
}

// Returns whether there may be more.
static int read_output(int place)
{
	const ssize_t got = read(stdio.output[place], chunk + FRAME_BYTES, CHUNK_BYTES);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	// A terminal whose other side is closed answers EIO. pty(7)
	if (got <= 0) {
		end_output(place);
		return 0;
	}
	if (stdio.check) {
		keep(chunk + FRAME_BYTES, (size_t)got);
		return 1;
	}
	const int stream = place + 1;
	log_output(stream, chunk + FRAME_BYTES, (size_t)got);
	put_frame_head(stream, (size_t)got);
	if (stdio.terminal)
		clients_output(stream, chunk + FRAME_BYTES, (size_t)got);
	else
		clients_output(stream, chunk, FRAME_BYTES + (size_t)got);
	return 1;
}

int output_poll(struct pollfd polled[])
{
	int count = 0;
	for (int i = 0; i < 2; i++)
		if (stdio.output[i] >= 0 && !clients_behind())
			polled[count++] = (struct pollfd){ .fd = stdio.output[i], .events = POLLIN };
	if (input_size > 0 && stdio.input >= 0)
		polled[count++] = (struct pollfd){ .fd = stdio.input, .events = POLLOUT };
	return count;
}

void output_ready(int fd)
{
	for (int i = 0; i < 2; i++)
		if (stdio.output[i] == fd && !clients_behind())
			read_output(i);
}

// After the program's end: what is in the pipes is its last output, whoever else holds them open.
void output_drain(void)
{
	for (int i = 0; i < 2; i++) {
		while (stdio.output[i] >= 0 && !clients_behind() && read_output(i))
			;
		if (stdio.output[i] >= 0 && !clients_behind())
			end_output(i);
	}
}

int output_done(void)
{
	return stdio.output[0] < 0 && stdio.output[1] < 0 && !clients_behind();
}

// Input waits for what the program has not read yet, and for its terminal, which init makes last.
int input_blocked(void)
{
	return input_size > 0 || (stdio.terminal && !terminal_taken);
}

// Reads from a client what the program is to read. Clears *open at the client's end of input.
void input_take(int fd, int *open)
{
	const ssize_t got = read(fd, input, sizeof input);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		*open = 0;
		return;
	}
	if (stdio.input < 0)
		return; // nobody reads it: gone, as with a closed pipe
	input_at = 0;
	input_size = (size_t)got;
	input_write();
}

void input_write(void)
{
	if (stdio.input < 0 || input_size == 0)
		return;
	const ssize_t sent = write(stdio.input, input + input_at, input_size);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0) {
		input_size = 0;
		input_end();
		return;
	}
	input_at += (size_t)sent;
	input_size -= (size_t)sent;
	if (input_size == 0 && input_ended)
		input_end();
}

// A terminal has no end of input: that is a key the user types.
void input_end(void)
{
	input_ended = 1;
	if (stdio.terminal || stdio.input < 0 || input_size > 0)
		return;
	close(stdio.input);
	stdio.input = -1;
}
