#define _GNU_SOURCE
#include "CLinuxTrace.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

int trace_stay(void) {
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    return result(sched_setaffinity(0, sizeof here, &here));
}

int trace_forbid_calls(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof rules[0], .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
    return result(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

#if defined(__x86_64__)

pid_t trace_fork(void) {
    pid_t child = fork();
    if (child != 0) return child < 0 ? -errno : child;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0) _exit(errno);
    return 0;
}

void trace_mark(void) { syscall(SYS_kill, getpid(), SIGSTOP); }

// Whatever signal it stopped for is not delivered.
static int wait_for(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -errno;
    if (!WIFSTOPPED(status)) return TRACE_ENDED;
    switch (WSTOPSIG(status)) {
    case SIGTRAP: return TRACE_STEPPED;
    case SIGSTOP: return TRACE_MARK;
    default: return -EFAULT;  // a signal of its own making: it has crashed
    }
}

int trace_to_mark(pid_t child) {
    int stop = wait_for(child);
    if (stop != TRACE_MARK) return stop;
    // Nobody it leaves behind if this process is killed.
    return ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL) < 0 ? -errno : stop;
}

int trace_step(pid_t child) {
    if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) < 0) return -errno;
    return wait_for(child);
}

static int set_debug_register(pid_t child, int number, uint64_t value) {
    return result(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg) + 8 * number, value));
}

int trace_run_to(pid_t child, uint64_t address, int visits) {
    int failure = set_debug_register(child, 0, address);
    if (failure == 0) failure = set_debug_register(child, 7, 1);  // 1: register 0, when executed
    if (failure != 0) return failure;
    int stop = TRACE_STEPPED;
    while (stop == TRACE_STEPPED && visits-- > 0) {
        if (ptrace(PTRACE_CONT, child, NULL, NULL) < 0) return -errno;
        stop = wait_for(child);
    }
    if (stop == TRACE_STEPPED) failure = set_debug_register(child, 7, 0);
    return failure != 0 ? failure : stop;
}

uint64_t trace_instruction(pid_t child) {
    return (uint64_t)ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, regs.rip), NULL);
}

#else

pid_t trace_fork(void) { return -ENOSYS; }
void trace_mark(void) {}
int trace_to_mark(pid_t child) { return -ENOSYS; }
int trace_step(pid_t child) { return -ENOSYS; }
int trace_run_to(pid_t child, uint64_t address, int visits) { return -ENOSYS; }
uint64_t trace_instruction(pid_t child) { return 0; }

#endif

int trace_kill(pid_t child) {
    if (kill(child, SIGKILL) < 0) return -errno;
    int status;
    while (waitpid(child, &status, 0) == child)
        if (WIFSIGNALED(status) || WIFEXITED(status)) return 0;
    return -errno;
}

int trace_allowed(void) {
    pid_t child = trace_fork();
    if (child < 0) return child;
    if (child == 0) {
        trace_mark();
        _exit(0);
    }
    int stop = trace_to_mark(child);
    // It ends before its mark when it was not allowed to be traced.
    if (stop == TRACE_ENDED) return -EPERM;
    if (stop == TRACE_MARK) stop = trace_step(child);
    trace_kill(child);
    return stop == TRACE_STEPPED ? 0 : stop < 0 ? stop : -ENOSYS;
}

const char *trace_function(uint64_t address, uint64_t *distance) {
    Dl_info info;
    if (dladdr((void *)address, &info) == 0 || info.dli_sname == NULL) return NULL;
    *distance = address - (uint64_t)info.dli_saddr;
    return info.dli_sname;
}
