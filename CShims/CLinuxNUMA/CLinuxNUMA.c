#define _GNU_SOURCE
#include "CLinuxNUMA.h"

#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int available(void) { return numa_available() >= 0; }

int placement_node_count(void) {
    if (!available()) return 1;
    struct bitmask *allowed = numa_get_mems_allowed();
    unsigned count = numa_bitmask_weight(allowed);
    numa_bitmask_free(allowed);
    return count > 0 ? (int)count : 1;
}

int placement_current_node(void) {
    if (!available()) return 0;
    int node = numa_node_of_cpu(sched_getcpu());
    return node < 0 ? 0 : node;
}

static int apply(void *base, size_t count, int policy, struct bitmask *nodes) {
    // The kernel drops the last bit of the mask's length, hence + 1.
    return mbind(base, count, policy, nodes->maskp, nodes->size + 1, 0) == 0 ? 0 : -errno;
}

int placement_prefer_node(void *base, size_t count, int node) {
    if (!available()) return -ENOSYS;
    struct bitmask *nodes = numa_get_mems_allowed();
    int answer = -EINVAL;
    if (node >= 0 && (unsigned)node < nodes->size && numa_bitmask_isbitset(nodes, (unsigned)node)) {
        numa_bitmask_clearall(nodes);
        numa_bitmask_setbit(nodes, (unsigned)node);
        // Preferred, not bound: a full node then means a slower page, not a killed process.
        answer = apply(base, count, MPOL_PREFERRED, nodes);
    }
    numa_bitmask_free(nodes);
    return answer;
}

int placement_interleave(void *base, size_t count) {
    if (!available()) return -ENOSYS;
    struct bitmask *nodes = numa_get_mems_allowed();
    int answer = apply(base, count, MPOL_INTERLEAVE, nodes);
    numa_bitmask_free(nodes);
    return answer;
}

int placement_pin_to_cpu(int cpu) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    return sched_setaffinity(0, sizeof only, &only) == 0 ? 0 : -errno;
}

int placement_use_all_cpus(void) {
    cpu_set_t all;
    CPU_ZERO(&all);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) CPU_SET(cpu, &all);
    return sched_setaffinity(0, sizeof all, &all) == 0 ? 0 : -errno;
}

int placement_current_cpu(void) { return sched_getcpu(); }

int placement_cpu_count(void) {
    cpu_set_t allowed;
    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

_Static_assert(sizeof(struct placement_cpus) == sizeof(cpu_set_t), "all of the kernel's set");

int placement_allowed_cpus(struct placement_cpus *allowed) {
    return sched_getaffinity(0, sizeof *allowed, (cpu_set_t *)allowed) == 0 ? 0 : -errno;
}

int placement_run_on(const struct placement_cpus *allowed, int avoided) {
    cpu_set_t set;
    memcpy(&set, allowed, sizeof set);
    if (avoided >= 0 && avoided < CPU_SETSIZE) CPU_CLR(avoided, &set);
    if (CPU_COUNT(&set) == 0) return -EINVAL;
    return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -errno;
}

int placement_avoid_cpu(int cpu) {
    struct placement_cpus allowed;
    int answer = placement_allowed_cpus(&allowed);
    return answer == 0 ? placement_run_on(&allowed, cpu) : answer;
}

int placement_give_way(void) {
    if (sched_getscheduler(0) != SCHED_OTHER) return 0;
    return setpriority(PRIO_PROCESS, 0, 10) == 0 ? 0 : -errno;
}

int placement_pin_near_node(int node) {
    if (!available()) return -ENOSYS;
    if (node < 0 || node > numa_max_node()) return -EINVAL;
    return numa_run_on_node(node) == 0 ? 0 : -errno;
}

int placement_thread_number(void) { return gettid(); }

int placement_name_thread(const char *name) {
    char shown[16];
    strncpy(shown, name, sizeof shown - 1);
    shown[sizeof shown - 1] = 0;
    return -pthread_setname_np(pthread_self(), shown);
}

int placement_set_timer_slack(unsigned long nanoseconds) {
    return prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0) == 0 ? 0 : -errno;
}
