// Where memory lies and where threads run. numa.h stays inside the .c: its inline functions and globals do not import
// well. Every int result is -errno on failure; -ENOSYS where the kernel has no NUMA policies or they are forbidden.

#ifndef TANDEM_LINUX_NUMA_H
#define TANDEM_LINUX_NUMA_H

#include <stddef.h>

// Memory nodes this process may use; 1 where the kernel knows none.
int placement_node_count(void);
// The calling thread's node at this moment.
int placement_current_node(void);

// Pages of the range that are not present yet come from `node` as long as it has any, then from others.
int placement_prefer_node(void *base, size_t count, int node);
// … from all nodes in turn.
int placement_interleave(void *base, size_t count);

// The calling thread, and those that it makes, may run on any processor again.
int placement_use_all_cpus(void);

// The calling thread runs on this processor only; on the processors of this node only.
int placement_pin_to_cpu(int cpu);
int placement_pin_near_node(int node);
// … on all that it may use but this one.
int placement_avoid_cpu(int cpu);
// The one that the calling thread runs on at this moment.
int placement_current_cpu(void);
// Processors that the calling thread may run on.
int placement_cpu_count(void);
// Which these are, as the kernel writes them down.
struct placement_cpus {
    unsigned long words[16];
};
int placement_allowed_cpus(struct placement_cpus *allowed);
// The calling thread runs on those from now on, but not on this one; -1 for none that it avoids.
int placement_run_on(const struct placement_cpus *allowed, int avoided);
// The calling thread gets a tenth of what another one gets that wants the same processor (nice 10); unless somebody
// has given it a policy of its own.
int placement_give_way(void);
// The calling thread's number; Glibc's gettid is hidden from Swift.
int placement_thread_number(void);
// How much later than asked for the calling thread's sleeps may end, so that the kernel can end several at once; 50,000
// by default. A shim, as prctl is variadic.
int placement_set_timer_slack(unsigned long nanoseconds);
// At most 15 bytes are shown.
int placement_name_thread(const char *name);

#endif
