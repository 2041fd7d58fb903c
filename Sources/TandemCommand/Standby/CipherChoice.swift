import Glibc

/// Which cipher a standby's server agrees on with a replicator.
///
/// A key as `--secret` has it goes with ciphers of SHA-256, and libnbd offers ChaCha20 before AES-128-GCM. In GnuTLS
/// ChaCha20 makes 0.33 GB/s, AES-128-GCM 4.1 where the processor does AES (Xeon, GnuTLS 3.7). Neither nbdkit nor libnbd
/// can be told, so GnuTLS is: in the server it does without ChaCha20.
enum CipherChoice {
    /// Where whoever runs this host has said what GnuTLS may do, that counts.
    static var isDue: Bool {
        let isSaid = getenv(name) != nil || systemFiles.contains { access($0, F_OK) == 0 }
        return !isSaid && processorHasAES(in: processors())
    }

    private static let name = "GNUTLS_SYSTEM_PRIORITY_FILE"
    private static let systemFiles = ["/etc/gnutls/config", "/etc/crypto-policies/back-ends/gnutls.config"]
    static let text = "[overrides]\ntls-disabled-cipher = CHACHA20-POLY1305\n"

    static func variable(descriptor: Int32) -> String { "\(name)=/proc/self/fd/\(descriptor)" }

    /// A file that has no name any more, open to be read; nil where there is no room for it.
    static func file() -> Int32? {
        var path = Array("/tmp/tandem-XXXXXX".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else { return nil }
        unlink(path)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        let bytes = Array(text.utf8)
        guard write(file, bytes, bytes.count) == bytes.count else {
            close(file)
            return nil
        }
        return file
    }

    /// As the kernel lists them: `flags` of an Intel processor or its like, `Features` of an ARM one.
    static func processorHasAES(in text: String) -> Bool {
        text.split(separator: "\n").contains { line in
            (line.hasPrefix("flags") || line.hasPrefix("Features")) && line.split(separator: " ").contains("aes")
        }
    }

    private static func processors() -> String {
        let file = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        // The first processor's lines; all are alike.
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}
