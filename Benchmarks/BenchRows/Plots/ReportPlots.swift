/// The pictures of a report: those whose figures are there.
package struct ReportPlots {
    private let figures: [String: Figure]
    private let curves: [Curve]

    package init(_ reports: [Report]) {
        figures = Dictionary(reports.flatMap(\.figures).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        curves = reports.flatMap(\.curves)
    }

    package var plots: [Plot] {
        ([writers] + curves.map { LinePlot(curve: $0).plot } + [latency(.hot), latency(.cold), bulk] + peers)
            .compactMap { $0 }
    }

    private var writers: Plot? {
        var plot = BarPlot(
            "writers", "Rate of one writer at full speed, by the clock, without a copy and with one in sync",
            .init("transactions, M/s"))
        for set in WorkingSet.allCases {
            let figure = figures["full-speed.\(set.rawValue).rate"]
            plot.add(set.rawValue, "without a copy", figure?.baseline?.samples)
            plot.add(set.rawValue, "with a copy in sync", figure?.samples)
        }
        return plot.plot
    }

    private func latency(_ set: WorkingSet) -> Plot? {
        var curve = Curve(
            "latency.\(set.rawValue)", "How late a transaction is, \(set.rawValue) records, from when it was due",
            x: .init("percentile"), y: .init("delay, µs", isLogarithmic: true))
        for (phase, words) in [("alone", "alone"), ("in-sync", "copy in sync"), ("bulk", "in a bulk copy")] {
            curve.add(
                words,
                Percentile.allCases.enumerated().map { place, percentile in
                    let figure = figures["latency.\(set.rawValue).\(phase).\(percentile.rawValue)"]
                    let scale = figure?.unit == .milliseconds ? 1e3 : 1
                    return (Double(place), Samples((figure?.samples.values ?? []).map { $0 * scale }))
                })
        }
        return LinePlot(curve: curve, names: Percentile.allCases.map(\.words)).plot
    }

    private var bulk: Plot? {
        var plot = BarPlot("bulk", "A whole source into its copy, beside fio writing as many bytes", .init("GB/s"))
        for place in ["memory", "disk"] {
            for (id, words) in [
                ("fio.buffered", "fio, buffered"), ("fio.direct", "fio, direct"), ("prepared", "copy, blocks touched"),
                ("fresh", "copy, new file"),
            ] { plot.add(place, words, figures["bulk.\(place).\(id)"]?.samples) }
        }
        return plot.plot
    }

    /// One picture for each work that peers were given.
    private var peers: [Plot?] {
        PeerWork.allCases.map { work in
            var plot = BarPlot("peers.\(work.rawValue)", work.caption, .init(work.axis, isLogarithmic: true))
            let found = figures.values.filter { $0.id.hasPrefix("peers.\(work.rawValue).") }.sorted { $0.id < $1.id }
            for figure in found {
                if plot.bars.isEmpty { plot.add("", "Tandem", figure.samples) }
                plot.add("", figure.baseline?.name ?? figure.id, figure.baseline?.samples)
            }
            return plot.plot
        }
    }
}
