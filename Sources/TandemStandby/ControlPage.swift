/// The page behind a copy's end, as an export shows it: what the server says of itself in band. Little endian.
///
///   0 magic   8 version   16 session of this connection   24 applied up to this journal position   32 last cut applied
///   40 records verified   48 flags (1: applies in place)   the rest is zero
package struct ControlPage: Equatable, Sendable {
    package static let byteCount = 4096
    static let magic: [UInt8] = Array("TANDEMSB".utf8)
    static let version: UInt64 = 1

    package var session: UInt64 = 0
    package var appliedPosition: UInt64 = 0
    package var appliedCut: UInt64 = 0
    package var recordsVerified: UInt64 = 0
    package var flags: UInt64 = 0

    package init(session: UInt64) { self.session = session }

    package var bytes: [UInt8] {
        var bytes = Self.magic
        for word in [Self.version, session, appliedPosition, appliedCut, recordsVerified, flags] {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes + [UInt8](repeating: 0, count: Self.byteCount - bytes.count)
    }
}
