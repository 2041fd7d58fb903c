/// A moment by the wall clock, for people: `2026-11-28 04:50:07 UTC`.
package struct WallTime: CustomStringConvertible {
    private let nanoseconds: UInt64

    /// - Parameter nanoseconds: since 1970.
    package init(_ nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package var description: String {
        let seconds = Int(nanoseconds / 1_000_000_000)
        let (year, month, day) = Self.date(ofDay: seconds / 86_400)
        let clock = seconds % 86_400
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return """
            \(year)-\(two(month))-\(two(day)) \(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60)) UTC
            """
    }

    /// The date in the Gregorian calendar. Years are counted from March, so that the day that comes and goes is last.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        // Days from 0000-03-01; 400 years have 146,097, and each quarter of them that is whole has 36,524.
        let days = day + 719_468
        let era = days / 146_097
        let ofEra = days % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Five months from March on have 153 days, and so have the next five.
        let month = (5 * ofYear + 2) / 153
        let civil = month < 10 ? month + 3 : month - 9
        return (era * 400 + yearOfEra + (civil <= 2 ? 1 : 0), civil, ofYear - (153 * month + 2) / 5 + 1)
    }
}
