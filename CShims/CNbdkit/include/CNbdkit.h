// What nbdkit's interface for plugins asks of C, and hands on to Swift: variadic messages, a structure of callbacks,
// the peer's address. One function a callback; every int result is 0 or an errno, unless it says otherwise.

#ifndef TANDEM_NBDKIT_H
#define TANDEM_NBDKIT_H

#include <stddef.h>
#include <stdint.h>

// ── what Swift calls ──

// A line of nbdkit's log, which the client does not see.
void plugin_say_error(const char *text);

// ── what Swift implements ──

// One KEY=VALUE of the command line.
int standby_configure(const char *key, const char *value);
// All of them have been given.
int standby_configured(void);
// The server has its threads from here on.
int standby_start(void);
void standby_stop(void);

// What the export is called. Into `text`, cut to `count` bytes with the zero behind it.
void standby_export_name(char *text, size_t count);
// A connection begins: the export's name as the client gave it. NULL: refused, and `error` says why.
void *standby_open(const char *name, const char *peer, int *error);
void standby_close(void *connection);
void standby_describe(void *connection, char *text, size_t count);
int64_t standby_size(void *connection);
// 1 or 0.
int standby_is_writable(void *connection);

int standby_read(void *connection, void *bytes, uint32_t count, uint64_t offset);
int standby_write(void *connection, const void *bytes, uint32_t count, uint64_t offset);
int standby_zero(void *connection, uint32_t count, uint64_t offset);
int standby_flush(void *connection);

#endif
