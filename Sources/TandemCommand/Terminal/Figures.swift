/// Numbers as people read them.
enum Figures {
    /// 1,234,567
    static func count(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    /// 1 seal, 2 seals
    static func count(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// 12.3 MiB
    static func bytes(_ number: some BinaryInteger) -> String { bytes(Double(number)) }

    /// 1.20 GiB/s
    static func byteRate(_ perSecond: Double) -> String { "\(bytes(perSecond))/s" }

    private static func bytes(_ number: Double) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = number
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(unit == 0 ? decimal(value, places: 0) : short(value)) \(units[unit])"
    }

    /// 1.25 M/s
    static func rate(_ perSecond: Double) -> String { "\(scaled(perSecond))/s" }

    /// 1.25 M
    static func scaled(_ value: Double) -> String {
        switch value {
        case 1e9...: "\(short(value / 1e9)) G"
        case 1e6...: "\(short(value / 1e6)) M"
        case 1e4...: "\(short(value / 1e3)) k"
        default: short(value)
        }
    }

    /// 312 µs, 1.8 s, 2 min 5 s
    static func duration(nanoseconds: some BinaryInteger) -> String { duration(seconds: Double(nanoseconds) / 1e9) }

    static func duration(seconds: Double) -> String {
        switch seconds {
        case 3600...: "\(Int(clamping: Int64(min(seconds, 1e15))) / 3600) h \(Int(min(seconds, 1e15)) % 3600 / 60) min"
        case 60...: "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
        case 1...: "\(short(seconds)) s"
        case 1e-3...: "\(short(seconds * 1e3)) ms"
        case 1e-6...: "\(short(seconds * 1e6)) µs"
        default: "\(short(max(seconds, 0) * 1e9)) ns"
        }
    }

    /// How far a copy is behind.
    static func age(microseconds: Double) -> String {
        microseconds <= 0 ? "up to date" : "\(duration(seconds: microseconds / 1e6)) old"
    }

    static func percent(_ fraction: Double) -> String { "\(decimal(fraction * 100, places: 1)) %" }

    /// Three digits that say something.
    private static func short(_ value: Double) -> String {
        decimal(value, places: value >= 100 ? 0 : value >= 10 ? 1 : value == value.rounded() ? 0 : 2)
    }

    static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        let factor = [1, 10, 100, 1000][min(max(places, 0), 3)]
        let scaled = Int((value * Double(factor)).rounded())
        let whole = String(scaled.magnitude / UInt(factor))
        let sign = scaled < 0 ? "-" : ""
        guard places > 0 else { return sign + whole }
        let fraction = String(scaled.magnitude % UInt(factor))
        return sign + whole + "." + String(repeating: "0", count: min(places, 3) - fraction.count) + fraction
    }
}
