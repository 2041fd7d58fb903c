/// Byte offsets of the fields of `CTandemLayout`'s structures that more than one process writes.
///
/// Literals, so that the write path holds no computed layout; `OffsetsTests` compares each of them with what the C
/// compiler laid out.
public enum ControlOffset {
    public static var epoch: Int { @inlinable @inline(__always) get { 0 } }
    public static var captured: Int { @inlinable @inline(__always) get { 8 } }
    public static var attention: Int { @inlinable @inline(__always) get { 16 } }
    public static var ready: Int { @inlinable @inline(__always) get { 32 } }
    public static var slowdown: Int { @inlinable @inline(__always) get { 40 } }
    public static var slowUntil: Int { @inlinable @inline(__always) get { 48 } }
    public static var abandoned: Int { @inlinable @inline(__always) get { 128 } }
    public static var committed: Int { @inlinable @inline(__always) get { 256 } }
    public static var shipping: Int { @inlinable @inline(__always) get { 264 } }
    public static var told: Int { @inlinable @inline(__always) get { 272 } }
    public static var waiters: Int { @inlinable @inline(__always) get { 384 } }
    public static var wanted: Int { @inlinable @inline(__always) get { 392 } }
}

public enum WriterOffset {
    public static var status: Int { @inlinable @inline(__always) get { 0 } }
    public static var commitEpoch: Int { @inlinable @inline(__always) get { 8 } }
    public static var undoPosition: Int { @inlinable @inline(__always) get { 16 } }
    public static var keptSegment: Int { @inlinable @inline(__always) get { 24 } }
    public static var aborts: Int { @inlinable @inline(__always) get { 128 } }
    public static var conflicts: Int { @inlinable @inline(__always) get { 136 } }
    public static var abandoned: Int { @inlinable @inline(__always) get { 144 } }
    public static var process: Int { @inlinable @inline(__always) get { 152 } }
    public static var thread: Int { @inlinable @inline(__always) get { 160 } }
    public static var recovered: Int { @inlinable @inline(__always) get { 168 } }
    public static var runsOn: Int { @inlinable @inline(__always) get { 176 } }
    public static var slowed: Int { @inlinable @inline(__always) get { 184 } }
    public static var slowedNanoseconds: Int { @inlinable @inline(__always) get { 192 } }
    public static var stride: Int { @inlinable @inline(__always) get { 256 } }
}

public enum UndoOffset {
    public static var transaction: Int { @inlinable @inline(__always) get { 0 } }
    public static var commitEpoch: Int { @inlinable @inline(__always) get { 8 } }
    public static var epochWord: Int { @inlinable @inline(__always) get { 16 } }
    /// `index:32 | payload bytes:16 | table:16`, the table lowest.
    public static var name: Int { @inlinable @inline(__always) get { 24 } }
    public static var payload: Int { @inlinable @inline(__always) get { 32 } }
}

/// Where the fields of a change in a journal record are, from its start; its payload follows.
package enum ChangeOffset {
    package static var table: Int { 0 }
    package static var seal: Int { 4 }
    package static var index: Int { 8 }
    package static var epoch: Int { 16 }
    package static var payload: Int { 24 }
}
