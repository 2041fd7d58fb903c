extension Samples: Codable {
    private enum Key: String, CodingKey { case values, minimum, median, maximum }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.container(keyedBy: Key.self).decode([Double].self, forKey: .values))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(values, forKey: .values)
        try container.encode(minimum, forKey: .minimum)
        try container.encode(median, forKey: .median)
        try container.encode(maximum, forKey: .maximum)
    }
}
