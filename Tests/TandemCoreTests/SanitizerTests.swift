import Glibc
import TestSupport
import Testing

@Suite("The sanitizers look") struct SanitizerTests {
    @Test(
        "AddressSanitizer ends a process that reads behind its memory",
        .enabled(if: Sanitizer.name == "address", "make sanitize builds the tests for it"))
    func readsBehind() async {
        await #expect(processExitsWith: .exitCode(66)) {
            let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: 8)
            memory.initialize(repeating: 0, count: 8)
            exit(Int32(truncatingIfNeeded: memory[Int(getpid() > 0 ? 8 : 0)] & 1))
        }
    }
}
