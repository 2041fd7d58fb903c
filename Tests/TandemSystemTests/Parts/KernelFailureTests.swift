import Glibc
import TandemCore
import Testing

@testable import TandemSystem

@Suite("KernelFailure: what an errno means, to the engine and to people")
struct KernelFailureTests {
    private struct Row: CustomTestStringConvertible {
        let errno: Int32
        let kind: CopyFailure.Kind
        let code: TandemError.Code
        /// How the remedy begins.
        let remedy: String

        init(_ errno: Int32, _ kind: CopyFailure.Kind, _ code: TandemError.Code, _ remedy: String) {
            (self.errno, self.kind, self.code, self.remedy) = (errno, kind, code, remedy)
        }

        var testDescription: String { String(cString: strerror(errno)) }
    }

    private static let table: [Row] = [
        Row(ENOENT, .notFound, .notFound, "Check the path"),
        Row(ENOTDIR, .notFound, .notFound, "Check the path"),
        Row(ENXIO, .notFound, .inputOutput, "Look into the kernel's log"),
        Row(ENODEV, .notFound, .inputOutput, "Look into the kernel's log"),
        Row(ENOSPC, .noSpace, .noSpace, "Free space there"),
        Row(EDQUOT, .noSpace, .noSpace, "Free space there"),
        Row(EFBIG, .noSpace, .noSpace, "Raise the file size limit"),
        Row(EAGAIN, .inUse, .inUse, "End the process that uses it"),
        Row(EEXIST, .inUse, .exists, "Choose another path"),
        Row(ETXTBSY, .inUse, .inputOutput, "Look into the kernel's log"),
        Row(EACCES, .refused, .unsafeFile, "Run as the user who owns it"),
        Row(EPERM, .refused, .unsafeFile, "Run as the user who owns it"),
        Row(EROFS, .refused, .unsafeFile, "Choose a path on a writable file system"),
        Row(ELOOP, .refused, .unsafeFile, "Give the path of the file itself"),
        Row(EISDIR, .refused, .inputOutput, "Look into the kernel's log"),
        Row(EINVAL, .refused, .inputOutput, "Look into the kernel's log"),
        Row(ENAMETOOLONG, .refused, .badArgument, "Use a shorter path"),
        Row(ENOSYS, .refused, .inputOutput, "Look into the kernel's log"),
        Row(EOPNOTSUPP, .refused, .unavailable, "Choose a file system that supports this"),
        Row(EMFILE, .inputOutput, .unavailable, "Raise the limit of open files"),
        Row(ENFILE, .inputOutput, .unavailable, "Raise the limit of open files"),
        Row(ENOMEM, .inputOutput, .unavailable, "Free memory"),
        Row(ENOLCK, .inputOutput, .unavailable, "Choose a file system that supports this"),
        Row(EIO, .inputOutput, .inputOutput, "Look into the kernel's log"),
        Row(ESTALE, .inputOutput, .inputOutput, "Look into the kernel's log"),
    ]

    @Test("Each error number has a kind, a code and a remedy", arguments: table)
    private func row(_ row: Row) {
        let failure = KernelFailure("write", "/there/file", errno: row.errno)
        #expect(failure.copyFailure == CopyFailure(row.kind, errno: row.errno))
        let error = failure.tandemError
        #expect(error.code == row.code)
        #expect(error.first == UInt64(row.errno))
        #expect(error.detail?.subject == "/there/file")
        #expect(error.detail?.remedy.hasPrefix(row.remedy) == true, "\(error)")
    }

    @Test("The problem names what was tried and the kernel's answer, and in plain words the two that are common")
    func problem() {
        func problem(_ errno: Int32) -> String? {
            KernelFailure("reserve space for", "f", errno: errno).tandemError.detail?.problem
        }
        #expect(problem(EIO) == "cannot reserve space for it: Input/output error")
        #expect(problem(ENOENT) == "it does not exist")
        #expect(problem(EAGAIN) == "another process holds its lock")
    }

    @Test("A call that a signal interrupts is made again; any other failure is told")
    func retried() throws {
        var calls = 0
        let value = try checkedCall("read", "f") {
            calls += 1
            if calls < 4 { errno = EINTR }
            return calls < 4 ? -1 : 42
        }
        #expect(value == 42 && calls == 4)
        #expect {
            _ = try checkedCall("read", "f") {
                errno = EIO
                return -1
            }
        } throws: { ($0 as? KernelFailure)?.errno == EIO }
    }
}
