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
                remedy: "Give --secret FILE, the file that the server has")
        }
        return .key(file: secret, user: try SecretFile.user(in: secret, wanted: address.user))
    }
}
