// The monitor's parts: monitor.c is its life, streams.c its program's stdio, clients.c who is connected.

#ifndef SAMPAN_MONITOR_H
#define SAMPAN_MONITOR_H

#include "init.h"

#include <poll.h>

enum {
	MAX_CLIENTS = 48,
	CHUNK_BYTES = 64 * 1024,
	FRAME_BYTES = 8, // Docker's head of a piece of output: stream, three zeros, length. Big-endian
};

// What a client asks for, as its first message and, on a control connection, later ones too.
struct request {
	uint8_t kind; // 'C' control, 'A' attach, 'R' resize, 'L' begin a new log file
	uint8_t streams; // WANTS_*
	uint16_t rows;
	uint16_t columns;
	uint16_t reserved;
};

enum { WANTS_STDIN = 1, WANTS_STDOUT = 2, WANTS_STDERR = 4 };

enum { STATE_WAITING = 1, STATE_RUNNING = 2, STATE_EXITED = 3, STATE_NOT_STARTED = 4 };

// What a control connection is sent at once, and at every change.
struct status {
	uint32_t state;
	int32_t pid;
	int32_t exit_code;
	int32_t signal;
	uint64_t started_ns;
	uint64_t finished_ns;
};

extern struct status status;

// streams.c
struct stdio {
	int terminal;   // the program has a terminal: output is raw
	int stdin_once; // the first client's end of input is the program's
	int check;      // nobody connects: the first of the output goes to the daemon, at the end
	int input;      // where input goes; -1: nowhere
	int output[2];  // stdout and stderr, or the terminal's master and -1; -1: ended
};
extern struct stdio stdio;
int stdio_open(const char *mode, int child[]);
void stdio_take_terminal(int master);
int output_poll(struct pollfd polled[]);
void output_ready(int fd);
void output_drain(void);
size_t output_kept(char *bytes);
int output_done(void);
int input_blocked(void);
void input_take(int fd, int *open);
void input_write(void);
void input_end(void);

// clients.c
int clients_listen(const char *path);
int clients_poll(struct pollfd polled[]);
void clients_ready(const struct pollfd polled[], int count);
void clients_output(int stream, const char *frame, size_t size);
int clients_behind(void);
void clients_tell(void);
void clients_end(void);

#endif
