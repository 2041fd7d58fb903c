// A child process that is run instruction by instruction, and killed between two of them. ptrace in our words; x86-64,
// as a breakpoint needs its debug registers. Every int result is -errno on failure.

#ifndef TANDEM_LINUX_TRACE_H
#define TANDEM_LINUX_TRACE_H

#include <stdint.h>
#include <sys/types.h>

// 0, or why no child can be traced here: -EPERM (a sandbox), -ENOSYS (another processor), …
int trace_allowed(void);

// From now on this process, and the children it makes, stay on the processor that it is on. Tracer and traced take
// turns, and a turn costs a third of what it costs across two processors.
int trace_stay(void);

// From now on the calling thread may write and end its process; any other system call of its kills the process
// (SIGSYS).
int trace_forbid_calls(void);

// As fork: 0 in the child, which is traced and dies with its parent. The caller is the only thread of its process.
pid_t trace_fork(void);
// In the child: stops it until the parent goes on with it.
void trace_mark(void);

enum trace_stop { TRACE_STEPPED, TRACE_MARK, TRACE_ENDED };

// Waits for the child's next mark.
int trace_to_mark(pid_t child);
// Lets the child execute one instruction; of a repeated string instruction, one turn.
int trace_step(pid_t child);
// Lets it run until it is about to execute the instruction at `address` for the `visits`-th time from now.
int trace_run_to(pid_t child, uint64_t address, int visits);
// Address of its next instruction.
uint64_t trace_instruction(pid_t child);
// SIGKILL; returns when the kernel has taken back what the child had.
int trace_kill(pid_t child);

// The function that `address` lies in, and the distance from its start; NULL if unknown.
const char *trace_function(uint64_t address, uint64_t *distance);

#endif
