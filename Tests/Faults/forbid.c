// Runs a command whose io_uring_setup(2) a seccomp filter answers with an error: `forbid EPERM command …`, as
// containers do, or `forbid ENOSYS command …`, as a kernel without io_uring does.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **words) {
    if (count < 3) return fprintf(stderr, "forbid EPERM|ENOSYS command ...\n"), 2;
    unsigned error = strcmp(words[1], "ENOSYS") == 0 ? ENOSYS : EPERM;
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof *steps, .filter = steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
        perror("forbid: seccomp");
        return 77;
    }
    execvp(words[2], words + 2);
    perror(words[2]);
    return 127;
}
