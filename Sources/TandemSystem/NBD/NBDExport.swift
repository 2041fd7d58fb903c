internal import TandemCore

/// What a server says of an export. It may say anything.
struct NBDExport: Sendable {
    var bytes = 0
    /// Offsets and lengths are multiples of it.
    var blockMin = 512
    /// The most that one request may ask for.
    var blockMax = NBDConnection.usualBlockMax
    var isReadOnly = false
    var canFlush = true
    var isEncrypted = false
    var description = ""
    /// This connection's, where the server fences; 0 where it does not.
    var session: UInt64 = 0

    /// A server with Tandem's own plugin, which fences: opening a session ends those before it.
    var isStandby: Bool { description.hasPrefix(ExportName.signature) }

    /// The last session that a standby speaks of.
    var sessionShown: UInt64? { word("session").flatMap { UInt64($0) } }

    /// It says that nobody writes the copy.
    var isFree: Bool { word("state") == SessionFence.State.free.rawValue[...] }

    /// What a standby says of `key`.
    private func word(_ key: String) -> Substring? {
        description.split(separator: " ").first { $0.hasPrefix("\(key)=") }?.dropFirst(key.count + 1)
    }

    /// Why no copy can be kept there; nil if one can.
    func refusal(_ address: NBDAddress, copyBytes: Int) -> TandemError? {
        if isReadOnly {
            return TandemError(
                .unsafeFile, address.text, "the server lets nobody write to it",
                remedy: "Export it without the server's read-only option")
        }
        if !canFlush {
            return TandemError(
                .unavailable, address.text, "the server cannot flush, so nothing there would be known to last",
                remedy: "Allow it: for nbd-server 'flush = true' in its configuration")
        }
        if bytes < copyBytes {
            return TandemError(
                .wrongLength, address.text, "the export has \(bytes) bytes where the copy needs \(copyBytes)",
                remedy: "Make what is exported \(copyBytes) bytes long, for a file with: truncate -s \(copyBytes) FILE")
        }
        if blockMin > FileLayout.pageBytes || FileLayout.pageBytes % blockMin != 0 || blockMax < FileLayout.pageBytes {
            return TandemError(
                .unavailable, address.text,
                "the server takes blocks of \(blockMin) to \(blockMax) bytes, and the copy has pages of 4096",
                remedy: "Have the server take 4096 bytes at once")
        }
        return nil
    }
}
