/// A picture: a script for gnuplot that has its data in it.
package struct Plot: Sendable {
    /// What its files are called: `writers.gp`, `writers.svg`.
    package let name: String
    /// One sentence: what one sees.
    package let caption: String
    package let script: String

    init(_ name: String, _ caption: String, _ lines: [String]) {
        self.name = name
        self.caption = caption
        script = (Self.head + ["set title \(Self.quoted(caption))"] + lines).joined(separator: "\n") + "\n"
    }

    private static let head = [
        "set terminal svg size 860,420 dynamic noenhanced font 'sans,13' background '#ffffff'",
        "set border 3", "set xtics nomirror", "set ytics nomirror", "set grid ytics lc rgb '#dddddd' lt 1",
        "set key outside right top reverse Left samplen 1", "set linetype 1 lc rgb '#9aa5b1'",
        "set linetype 2 lc rgb '#0b6e99'", "set linetype 3 lc rgb '#d9730d'", "set linetype 4 lc rgb '#448361'",
        "set linetype 5 lc rgb '#9065b0'", "set linetype 6 lc rgb '#cb912f'", "set linetype 7 lc rgb '#c14c8a'",
    ]

    /// A text in a script's quotes.
    static func quoted(_ text: String) -> String {
        "\"" + text.filter { $0 != "\"" && $0 != "\\" && $0 != "\n" } + "\""
    }

    /// A number as gnuplot reads it; `NaN` leaves a gap.
    static func number(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "NaN" } ?? "NaN" }

    /// Data under a name, in the script itself.
    static func block(_ name: String, _ rows: [String]) -> [String] { ["$\(name) << END"] + rows + ["END"] }
}
