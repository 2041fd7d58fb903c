internal import Glibc
package import TandemCore

/// What a server, or the way to it, did not do.
package struct NBDFailure: Error, Sendable {
    package let kind: CopyFailure.Kind
    /// The number that stands for it in status; 0 where there is none.
    package let errno: Int32
    /// In the library's or in our own words.
    package let text: String

    init(_ kind: CopyFailure.Kind, errno: Int32 = 0, _ text: String) {
        self.kind = kind
        self.errno = errno
        self.text = text
    }

    package var copyFailure: CopyFailure { CopyFailure(kind, errno: errno) }

    /// What a server answers to a single request. It may answer anything.
    static func kind(ofReply errno: Int32) -> CopyFailure.Kind {
        switch errno {
        case ENOSPC, EDQUOT, EFBIG: .noSpace
        case EPERM, EACCES, EROFS: .refused
        case ENOTCONN, ECONNRESET, EPIPE, ESHUTDOWN, ETIMEDOUT: .disconnected
        default: .inputOutput
        }
    }
}
