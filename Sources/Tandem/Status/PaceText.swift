internal import TandemCore

extension Pace.News {
    /// `behind: 1.9 s old, 3.1 M/s changed, 2.4 M/s carried`
    var words: String {
        switch self {
        case .behind(let behind): behind.words
        case .caughtUp(let nanoseconds): "caught up after \(Self.seconds(Double(nanoseconds) / 1e9))"
        }
    }

    static func seconds(_ value: Double) -> String {
        value < 1 ? "\(Int(value * 1000)) ms" : "\(tenths(value)) s"
    }

    /// 3.1 M
    static func scaled(_ value: Double) -> String {
        value < 1e4 ? "\(Int(value))" : value < 1e6 ? "\(tenths(value / 1e3)) k" : "\(tenths(value / 1e6)) M"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int(min(value, 1e15) * 10 + 0.5)
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Pace.Behind {
    var words: String {
        """
        behind: \(Pace.News.seconds(Double(age) / 1e9)) old, \(Pace.News.scaled(Double(changing)))/s changed, \
        \(Pace.News.scaled(Double(carrying)))/s carried
        """
    }
}
