/// What sessions are called: numbers that a source takes, each above all before it. What a standby's fence goes by.
package enum SessionNumber {
    /// What a session may be called. A source takes a number for each connection: at a thousand a second these last for
    /// 8,900 years.
    package static let all: ClosedRange<UInt64> = 1 ... 1 << 48

    /// The highest of these that a session can be called; 0: none of them. Any other number was scribbled, and hides
    /// none of these.
    package static func highest(_ numbers: [UInt64]) -> UInt64 { numbers.filter(all.contains).max() ?? 0 }

    /// The number above these. Above the last one there is none: it is asked for again, and the standby says so.
    package static func next(above numbers: UInt64...) -> UInt64 { min(highest(numbers) + 1, all.upperBound) }
}
