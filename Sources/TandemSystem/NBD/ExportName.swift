package import TandemCore

/// What a connection asks for, as the name of the export says it: `NAME?session=S&generation=HEX32&bytes=N`, or `NAME`
/// alone to look and not to touch.
package struct ExportName: Equatable, Sendable {
    package struct Session: Equatable, Sendable {
        package let number: UInt64
        package let generation: Generation
        /// The copy's length, as the source's layout has it.
        package let byteCount: Int

        package init(number: UInt64, generation: Generation, byteCount: Int) {
            self.number = number
            self.generation = generation
            self.byteCount = byteCount
        }
    }

    /// From a header and a page to twice what a source may be.
    static let byteCounts = 20_480 ... 1 << 47

    /// How an export that a standby serves begins to describe itself.
    package static let signature = "tandem-standby/1"

    package let name: String
    package let session: Session?

    package init(name: String, session: Session?) {
        self.name = name
        self.session = session
    }

    /// As it is asked for.
    package var text: String {
        guard let session else { return name }
        return "\(name)?session=\(session.number)&generation=\(session.generation)&bytes=\(session.byteCount)"
    }

    /// - Throws: `.badArgument`, with what is wrong with it.
    package init(parsing text: String) throws(TandemError) {
        guard let mark = text.utf8.lastIndex(of: UInt8(ascii: "?")) else {
            self.init(name: text, session: nil)
            return
        }
        var values: [Substring: Substring] = [:]
        for part in text[text.utf8.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, ["session", "generation", "bytes"].contains(pair[0]),
                values.updateValue(pair[1], forKey: pair[0]) == nil
            else { throw Self.bad(text, "'\(part)' is no part of it, or is there twice") }
        }
        guard let number = values["session"].flatMap(Self.number), SessionNumber.all.contains(number) else {
            throw Self.bad(text, "its session is no number from 1 to 2^48")
        }
        guard let generation = values["generation"].flatMap(Generation.init(hexadecimal:)) else {
            throw Self.bad(text, "its generation is not 32 hexadecimal digits")
        }
        guard let byteCount = values["bytes"].flatMap(Self.number).flatMap(Int.init(exactly:)),
            Self.byteCounts.contains(byteCount)
        else { throw Self.bad(text, "its bytes are not the length of a copy") }
        self.init(
            name: String(text[..<mark]),
            session: Session(number: number, generation: generation, byteCount: byteCount))
    }

    /// Digits and nothing else: `UInt64` itself would take a sign.
    private static func number(_ text: Substring) -> UInt64? {
        text.utf8.allSatisfy { (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains($0) } ? UInt64(text) : nil
    }

    private static func bad(_ text: String, _ problem: String) -> TandemError {
        TandemError(
            .badArgument, "export '\(text.prefix(200))'", problem,
            remedy: "Ask for NAME, or for NAME?session=NUMBER&generation=HEX&bytes=NUMBER")
    }
}

extension Generation {
    fileprivate init?(hexadecimal text: Substring) {
        guard text.utf8.count == 32, text.allSatisfy(\.isHexDigit), let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}
