import FoundationEssentials

/// A report for programs: one JSON object a line, keys in order.
func jsonLine(_ report: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Reports are plain numbers and text, which always encode.
    guard let data = try? encoder.encode(report) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
}
