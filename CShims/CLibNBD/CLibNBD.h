// The client of network block devices, as it is installed (libnbd-dev).

#include <libnbd.h>
