// Who is connected to the monitor's socket: the daemon, to control and to attach.

#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
	int fd; // -1: a free place
	uint8_t kind; // 0: its request is not in yet
	uint8_t streams;
	int input_open;
	size_t have; // bytes of the request
	struct request request;
	size_t behind; // bytes of the piece under way that it lacks
};

static struct client clients[MAX_CLIENTS];
static int listening = -1;
static int used; // places that were ever taken

static const char *piece;
static size_t piece_size;

int clients_listen(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	return listen(listening, MAX_CLIENTS);
}

static void drop(struct client *client)
{
	close(client->fd);
	if (stdio.stdin_once && client->kind == 'A' && (client->streams & WANTS_STDIN) != 0 && client->input_open)
		input_end();
	*client = (struct client){ .fd = -1 };
}

static struct client *free_place(void)
{
	for (int i = 0; i < used; i++)
		if (clients[i].fd < 0)
			return &clients[i];
	return used < MAX_CLIENTS ? &clients[used++] : NULL;
}

static void accept_client(void)
{
	const int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *const client = fd < 0 ? NULL : free_place();
	if (client != NULL)
		*client = (struct client){ .fd = fd, .input_open = 1 };
	else if (fd >= 0)
		close(fd);
}

static int wants_stream(const struct client *client, int stream)
{
	const int bit = stream == 1 ? WANTS_STDOUT : WANTS_STDERR;
	return client->kind == 'A' && (client->streams & bit) != 0;
}

static void send_piece(struct client *client)
{
	while (client->behind > 0) {
		const char *const from = piece + piece_size - client->behind;
		const ssize_t sent = send(client->fd, from, client->behind, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0) {
			// It reads no more, but what it wrote before it went is still the program's.
			client->behind = 0;
			client->streams &= WANTS_STDIN;
			return;
		}
		client->behind -= (size_t)sent;
	}
}

// The bytes stay where they are until nobody is behind.
void clients_output(int stream, const char *bytes, size_t size)
{
	piece = bytes;
	piece_size = size;
	for (int i = 0; i < used; i++)
		if (clients[i].fd >= 0 && wants_stream(&clients[i], stream)) {
			clients[i].behind = size;
			send_piece(&clients[i]);
		}
}

int clients_behind(void)
{
	for (int i = 0; i < used; i++)
		if (clients[i].fd >= 0 && clients[i].behind > 0)
			return 1;
	return 0;
}

static void tell(struct client *client)
{
	if (send(client->fd, &status, sizeof status, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		drop(client);
}

void clients_tell(void)
{
	for (int i = 0; i < used; i++)
		if (clients[i].fd >= 0 && clients[i].kind == 'C')
			tell(&clients[i]);
}

static void resize(const struct request *request)
{
	const struct winsize size = { .ws_row = request->rows, .ws_col = request->columns };
	if (stdio.terminal && stdio.output[0] >= 0)
		(void)ioctl(stdio.output[0], TIOCSWINSZ, &size);
}

static void answer(struct client *client)
{
	const struct request request = client->request;
	client->have = 0;
	if (request.kind == 'R') {
		resize(&request);
	} else if (request.kind == 'L') {
		log_rotate();
		tell(client);
	} else if (request.kind == 'A' || request.kind == 'C') {
		client->kind = request.kind;
		client->streams = request.streams;
		// An attach begins with a status too: who asked knows then that no output is missed.
		tell(client);
	} else {
		drop(client);
	}
}

static void take_request(struct client *client)
{
	char *const into = (char *)&client->request + client->have;
	const ssize_t got = read(client->fd, into, sizeof client->request - client->have);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop(client);
		return;
	}
	client->have += (size_t)got;
	if (client->have == sizeof client->request)
		answer(client);
}

static void take_input(struct client *client)
{
	char nothing[4096];
	int open = 1;
	// Another client's input may have got in the way since poll(): taking this one's would lose it.
	if ((client->streams & WANTS_STDIN) != 0 && input_blocked())
		return;
	if ((client->streams & WANTS_STDIN) != 0)
		input_take(client->fd, &open);
	else
		open = read(client->fd, nothing, sizeof nothing) != 0;
	if (open)
		return;
	client->input_open = 0;
	if (stdio.stdin_once && (client->streams & WANTS_STDIN) != 0)
		input_end();
}

static short events_of(const struct client *client)
{
	short events = 0;
	if (client->behind > 0)
		events |= POLLOUT;
	if (client->kind != 'A' || (client->input_open && !input_blocked()))
		events |= POLLIN;
	return events;
}

// A client that hung up behind unread input would be reported without end, and dropped too early.
static int waits_for_input(const struct client *client)
{
	return client->kind == 'A' && client->input_open && input_blocked() && client->behind == 0;
}

int clients_poll(struct pollfd polled[])
{
	int count = 0;
	polled[count++] = (struct pollfd){ .fd = listening, .events = POLLIN };
	for (int i = 0; i < used; i++)
		if (clients[i].fd >= 0 && !waits_for_input(&clients[i]))
			polled[count++] = (struct pollfd){ .fd = clients[i].fd, .events = events_of(&clients[i]) };
	return count;
}

static struct client *client_of(int fd)
{
	for (int i = 0; i < used; i++)
		if (clients[i].fd == fd)
			return &clients[i];
	return NULL;
}

static void client_ready(struct client *client, short events)
{
	if ((events & POLLIN) != 0 && client->kind == 'A')
		take_input(client);
	else if ((events & POLLIN) != 0)
		take_request(client);
	if (client->fd >= 0 && (events & POLLOUT) != 0)
		send_piece(client);
	// Both directions are closed: nobody is there. What it sent before is read first.
	if (client->fd >= 0 && (events & (POLLHUP | POLLERR)) != 0 && (events & POLLIN) == 0)
		drop(client);
}

void clients_ready(const struct pollfd polled[], int count)
{
	for (int i = 1; i < count; i++) {
		struct client *const client = polled[i].revents == 0 ? NULL : client_of(polled[i].fd);
		if (client != NULL)
			client_ready(client, polled[i].revents);
	}
	// Last: a new client may get the number of one that was dropped above.
	if (polled[0].revents != 0)
		accept_client();
}

void clients_end(void)
{
	close(listening);
	for (int i = 0; i < used; i++)
		if (clients[i].fd >= 0)
			close(clients[i].fd);
}
