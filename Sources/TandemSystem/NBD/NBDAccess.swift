internal import Glibc
internal import TandemCore

/// What may be sent to a server, and who it has to be. Nothing is ever sent in the open by default.
package struct NBDAccess: Sendable {
    /// A file with the key that both sides have, as `psktool` writes it: user, colon, hexadecimal digits.
    package var secret: String?
    /// A folder with the certificate of whoever vouches for servers, `ca-cert.pem`, and with the own one where the
    /// server asks for it, `client-cert.pem` and `client-key.pem`.
    package var certificates: String?
    /// Lets a copy go over a network as it is, for everybody on the way to read and to change.
    package var allowsPlaintext = false
    /// How long a server that does not fence is given to perform what a lost connection had sent: until then nothing
    /// new is written to it.
    package var quietNanoseconds: UInt64 = 10_000_000_000

    package init() {}

    /// How a connection to `address` is kept.
    enum Security: Equatable, Sendable {
        case plain
        case key(file: String, user: String)
        case certificates(CertificateFolder)
    }

    /// - Throws: `.badArgument` where address and keys do not fit each other, `.unsafeFile` and others about the key.
    func security(for address: NBDAddress) throws(TandemError) -> Security {
        guard address.usesTLS else {
            if secret != nil || certificates != nil {
                throw TandemError(
                    .badArgument, "address '\(address.text)'", "a key is given for a connection that is not encrypted",
                    remedy: "Write nbds instead of nbd, or leave the key away")
            }
            guard address.isLocal || allowsPlaintext else {
                throw TandemError(
                    .badArgument, "address '\(address.text)'",
                    "it leads over a network, where everybody on the way could read and change the copy",
                    remedy: "Use nbds with --secret, or say --insecure where the network is yours alone")
            }
            return .plain
        }
        if let certificates {
            guard secret == nil else {
                throw TandemError(
                    .badArgument, "address '\(address.text)'", "a key and certificates are given for it",
                    remedy: "Give one of them, as the server has it")
            }
            guard case .tcp = address.place, address.user == nil else {
                throw TandemError(
                    .badArgument, "address '\(address.text)'",
                    "over a Unix socket nobody can tell by a certificate whose it is, and none has a user",
                    remedy: "Give --secret FILE instead")
            }
            let folder = CertificateFolder(path: certificates)
            _ = try folder.authority()
            return .certificates(folder)
        }
        guard let secret else {
            throw TandemError(
                .badArgument, "address '\(address.text)'", "a connection over TLS needs a key that the server has too",
                remedy: "Give --secret FILE, a file made by psktool")
        }
        return .key(file: secret, user: try SecretFile.user(in: secret, wanted: address.user))
    }
}

/// A file of keys, one a line: user, colon, hexadecimal digits.
enum SecretFile {
    private static let bytesMax = 64 << 10

    /// Whose key is to be used: who is wanted, or the only one there is.
    static func user(in path: String, wanted: String?) throws(TandemError) -> String {
        func wrong(_ problem: String, _ remedy: String) -> TandemError {
            TandemError(.badArgument, path, problem, remedy: remedy)
        }
        let bytes: [UInt8]
        do throws(KernelFailure) { bytes = try read(path) } catch { throw error.tandemError }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw wrong("it is no file of keys: it holds other bytes than text", "Make one with psktool")
        }
        var users: [String] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[1].count >= 32, parts[1].count % 2 == 0,
                parts[1].allSatisfy(\.isHexDigit)
            else {
                throw wrong(
                    "a line of it is not 'user:key' with a key of at least 32 hexadecimal digits",
                    "Make one with: psktool --username tandem --pskfile \(path)")
            }
            users.append(String(parts[0]))
        }
        if let wanted {
            guard users.contains(wanted) else { throw wrong("it has no key of user '\(wanted)'", "Check both") }
            return wanted
        }
        guard users.count == 1 else {
            throw wrong(
                users.isEmpty ? "it has no key" : "it has the keys of \(users.count) users",
                "Keep one key there, or name the user in the address: nbds://USER@HOST/NAME")
        }
        return users[0]
    }

    /// - Throws: for a file that others may read as well: their key would be no secret.
    private static func read(_ path: String) throws(KernelFailure) -> [UInt8] {
        let descriptor = try checkedCall("open", path) { Int(open(path, O_RDONLY | O_CLOEXEC)) }
        defer { close(Int32(descriptor)) }
        let status = try FileStatus.of(Int32(descriptor), path: path)
        guard status.kind == .regular, status.mode & 0o077 == 0 else {
            throw KernelFailure("keep a secret in", path, errno: EPERM)
        }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = try checkedCall("read", path) { Glibc.read(Int32(descriptor), &bytes, bytesMax) }
        return Array(bytes.prefix(count))
    }
}
