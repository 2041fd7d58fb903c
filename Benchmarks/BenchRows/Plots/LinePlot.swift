/// Lines over a number, or over names in their order.
struct LinePlot {
    let curve: Curve
    /// Names of x = 0, 1, 2 …; empty where x is a number.
    var names: [String] = []

    var plot: Plot? {
        guard !curve.lines.isEmpty else { return nil }
        let data = curve.lines.enumerated().flatMap { number, line in
            Plot.block(
                "line\(number)",
                line.points.map { point in
                    [point.x, point.y.median, point.y.minimum, point.y.maximum].map { Plot.number($0) }
                        .joined(separator: " ")
                })
        }
        // A line over time has one value for each of many moments; others have a spread worth seeing.
        let hasSpread = curve.lines.contains { $0.points.contains { $0.y.values.count > 1 } }
        let lines = curve.lines.enumerated().flatMap { number, line in
            let (place, style) = ("$line\(number)", "lt \(number % 5 + 1) lw 2")
            let path = "\(place) using 1:2 with lines \(style) title \(Plot.quoted(line.name))"
            return hasSpread ? [path, "\(place) using 1:2:3:4 with yerrorbars \(style) pt 7 ps 0.5 notitle"] : [path]
        }
        let ticks = names.enumerated().map { "\(Plot.quoted($1)) \($0)" }.joined(separator: ", ")
        return Plot(
            curve.id, curve.what,
            data
                + (names.isEmpty ? [] : ["set xtics (\(ticks))", "set xrange [-0.3:\(Double(names.count) - 0.7)]"]) + [
                    "set xlabel \(Plot.quoted(curve.x.name))", "set ylabel \(Plot.quoted(curve.y.name))",
                    curve.y.isLogarithmic ? "set logscale y" : "set yrange [0:*]",
                    "plot " + lines.joined(separator: ", "),
                ])
    }
}
