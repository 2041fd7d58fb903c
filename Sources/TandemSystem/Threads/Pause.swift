internal import Glibc

/// Sleeping for a while, for tools.
package enum Pause {
    package static func milliseconds(_ count: Int) { usleep(UInt32(clamping: count) &* 1000) }
}
