internal import Glibc

/// What `make sanitize` has built the tests for, if anything. A sanitizer takes most of the address space, and makes
/// system calls of its own.
package enum Sanitizer {
    package static let name = getenv("TANDEM_SANITIZER").map { String(cString: $0) }
    package static let isOff = name == nil
}
