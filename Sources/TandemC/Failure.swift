internal import CTandem
internal import TandemTypes

/// A failure as C hears of it: a number now, and words for whoever asks.
enum Failure {
    /// Keeps the error's words for this thread, and answers with its code.
    static func answer(_ error: TandemError) -> Int32 {
        tandem_set_last_error(error.description)
        return Int32(error.code.rawValue)
    }

    static func answer(_ code: tandem_code, _ words: String) -> Int32 {
        tandem_set_last_error(words)
        return Int32(code.rawValue)
    }

    /// What is no failure: it has no words.
    static let absent = Int32(TANDEM_ABSENT.rawValue)
    static let present = Int32(TANDEM_PRESENT.rawValue)

    static func missing(_ argument: String) -> Int32 {
        answer(TANDEM_BAD_ARGUMENT, "\(argument): it is NULL. Give one.")
    }
}

/// The names of the codes, as C strings that live for ever and never change.
nonisolated(unsafe) private let codeNames: [Int32: UnsafePointer<CChar>] = {
    var names: [Int32: UnsafePointer<CChar>] = [:]
    for number in UInt16(0) ..< 90 {
        let code = TandemError.Code(rawValue: number)
        if !code.description.hasPrefix("code ") { names[Int32(number)] = permanent(code.description) }
    }
    names[Int32(TANDEM_OK.rawValue)] = permanent("ok")
    names[Int32(TANDEM_NOT_BEGUN.rawValue)] = permanent("notBegun")
    names[Int32(TANDEM_ALREADY_BEGUN.rawValue)] = permanent("alreadyBegun")
    names[Int32(TANDEM_FORKED.rawValue)] = permanent("forked")
    names[Failure.absent] = permanent("absent")
    names[Failure.present] = permanent("present")
    return names
}()

nonisolated(unsafe) private let unknownName = permanent("unknown")

/// A C string that is never freed.
func permanent(_ text: String) -> UnsafePointer<CChar> {
    let bytes = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    for (place, byte) in bytes.enumerated() { copy[place] = byte }
    return UnsafePointer(copy)
}

@c @implementation
public func tandem_code_name(_ code: Int32) -> UnsafePointer<CChar>! { codeNames[code] ?? unknownName }
