internal import Glibc
internal import TandemCore

/// Certificates as libnbd wants them, in a folder.
///
/// libnbd takes a folder without a readable `ca-cert.pem` for none at all, and believes every server then, without a
/// word (CVE-2024-7383 and what led there). So the file is looked at here, before a connection is encrypted and behind
/// it.
struct CertificateFolder: Equatable, Sendable {
    let path: String

    /// Which file vouches for servers, as it is at this moment.
    ///
    /// - Throws: `.badArgument` where there is none that libnbd would use.
    func authority() throws(TandemError) -> FileIdentity {
        let file = path + "/ca-cert.pem"
        func wrong(_ problem: String) -> TandemError {
            TandemError(
                .badArgument, file, problem, remedy: "Put the certificate there that the server's is signed with")
        }
        let status: FileStatus
        do throws(KernelFailure) { status = try FileStatus.following(file) } catch {
            throw wrong("there is no such file, so no server could be told from another")
        }
        guard status.kind == .regular, access(file, R_OK) == 0 else { throw wrong("it cannot be read") }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw wrong("it cannot be read") }
        defer { close(descriptor) }
        let count = read(descriptor, &bytes, bytes.count)
        guard String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).contains("-----BEGIN CERTIFICATE-----")
        else { throw wrong("it is no certificate") }
        return status.identity
    }
}
