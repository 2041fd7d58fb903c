/// Bars in groups: medians, with lines from minimum to maximum.
struct BarPlot {
    struct Bar {
        let group: String
        let series: String
        let samples: Samples
    }

    let name: String
    let caption: String
    let axis: Curve.Axis
    private(set) var bars: [Bar] = []

    init(_ name: String, _ caption: String, _ axis: Curve.Axis) {
        self.name = name
        self.caption = caption
        self.axis = axis
    }

    /// What was not measured is no bar.
    mutating func add(_ group: String, _ series: String, _ samples: Samples?) {
        guard let samples, samples.median != nil else { return }
        bars.append(Bar(group: group, series: series, samples: samples))
    }

    /// Nil where nothing was measured.
    var plot: Plot? {
        guard !bars.isEmpty else { return nil }
        let (groups, series) = (Self.distinct(bars.map(\.group)), Self.distinct(bars.map(\.series)))
        let rows = groups.map { group in
            ([Plot.quoted(group)]
                + series.map { name in
                    let samples = bars.first { $0.group == group && $0.series == name }?.samples
                    return [samples?.median, samples?.minimum, samples?.maximum].map { Plot.number($0) }
                        .joined(separator: " ")
                }).joined(separator: " ")
        }
        let columns = series.enumerated().map { number, name in
            let first = 2 + 3 * number
            return "$data using \(first):\(first + 1):\(first + 2):xtic(1) title \(Plot.quoted(name)) lt \(number + 1)"
        }
        return Plot(
            name, caption,
            Plot.block("data", rows) + [
                "set style data histogram", "set style histogram errorbars gap 1.2 lw 1", "set style fill solid 0.9",
                "set boxwidth 0.9 relative", "set ylabel \(Plot.quoted(axis.name))",
                axis.isLogarithmic ? "set logscale y" : "set yrange [0:*]",
                "plot " + columns.joined(separator: ", "),
            ])
    }

    private static func distinct(_ names: [String]) -> [String] {
        names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
