internal import Glibc
package import TandemCore

/// A file of keys, one a line: user, colon, hexadecimal digits. Both ends of a connection read it by these rules.
package enum SecretFile {
    private static let bytesMax = 64 << 10

    /// Whose key is to be used: who is wanted, or the only one there is.
    static func user(in path: String, wanted: String?) throws(TandemError) -> String {
        let users = try users(in: path)
        if let wanted {
            guard users.contains(wanted) else {
                throw TandemError(.badArgument, path, "it has no key of user '\(wanted)'", remedy: "Check both")
            }
            return wanted
        }
        guard users.count == 1 else {
            throw TandemError(
                .badArgument, path, "it has the keys of \(users.count) users",
                remedy: "Keep one key there, or name the user in the address: nbds://USER@HOST/NAME")
        }
        return users[0]
    }

    /// Who has a key there; one at least.
    ///
    /// - Throws: `.notFound`; `.unsafeFile` where others than this user and root can read or change it, as their key
    ///   would be no secret; `.badArgument` for what is no file of keys.
    package static func users(in path: String) throws(TandemError) -> [String] {
        func wrong(_ problem: String) -> TandemError {
            TandemError(
                .badArgument, path, problem, remedy: "Make a new one with: tandem standby --new-secret FILE")
        }
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw wrong("it is no file of keys: it holds other bytes than text")
        }
        var users: [String] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[1].count >= 32, parts[1].count % 2 == 0,
                parts[1].allSatisfy(\.isHexDigit)
            else { throw wrong("a line of it is not 'user:key' with a key of at least 32 hexadecimal digits") }
            users.append(String(parts[0]))
        }
        guard !users.isEmpty else { throw wrong("it has no key") }
        return users
    }

    private static func read(_ path: String) throws(TandemError) -> [UInt8] {
        let (status, bytes): (FileStatus, [UInt8])
        do throws(KernelFailure) { (status, bytes) = try contents(of: path) } catch {
            guard error.errno == ENOENT else { throw error.tandemError }
            throw TandemError(
                .notFound, path, "it does not exist",
                remedy: "Bring it over from the other host, or make one: tandem standby --new-secret \(path)")
        }
        guard status.kind == .regular, status.mode & 0o077 == 0 else {
            throw TandemError(
                .unsafeFile, path, "it is no file that its user alone can read, so it is no secret",
                remedy: "Make it that: chmod 600 \(path)")
        }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw TandemError(
                .unsafeFile, path, "it belongs to user \(status.owner), who can read and change it",
                remedy: "Make it yours: chown \(geteuid()) \(path)")
        }
        return bytes
    }

    /// What is no regular file is not read.
    private static func contents(of path: String) throws(KernelFailure) -> (FileStatus, [UInt8]) {
        // Not held up by a pipe to which nobody writes.
        let descriptor = try checkedCall("open", path) { Int(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) }
        defer { close(Int32(descriptor)) }
        let status = try FileStatus.of(Int32(descriptor), path: path)
        guard status.kind == .regular else { return (status, []) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = try checkedCall("read", path) { Glibc.read(Int32(descriptor), &bytes, bytesMax) }
        return (status, Array(bytes.prefix(count)))
    }
}
