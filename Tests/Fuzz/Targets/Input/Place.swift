/// A place in an image that means something.
struct Place {
    var offset: Int
    var byteCount: Int

    init(_ offset: Int, _ byteCount: Int) {
        self.offset = offset
        self.byteCount = byteCount
    }
}

/// The places of one image, and what people call the one at an offset.
struct Places {
    let all: [Place]
    let name: @Sendable (_ offset: Int) -> String

    subscript(_ number: Int) -> Place { all[number] }
    var count: Int { all.count }

    /// The same behind `start`.
    func moved(by start: Int, _ of: @escaping @Sendable (String) -> String) -> Places {
        let name = name
        return Places(all: all.map { Place($0.offset + start, $0.byteCount) }) { of(name($0 - start)) }
    }

    /// Those of `first` below `border`, those of `second` from it on.
    static func joined(_ first: Places, _ second: Places, at border: Int) -> Places {
        Places(all: first.all + second.all) { $0 < border ? first.name($0) : second.name($0) }
    }
}

/// The field at an offset, of `fields` in order of their offsets.
func fieldName(_ fields: [(Int, String)], _ offset: Int) -> String {
    guard let field = fields.last(where: { $0.0 <= offset }) else { return "byte \(offset)" }
    return field.1 + (offset > field.0 ? " + \(offset - field.0)" : "")
}

func hex(_ value: UInt64) -> String { value < 1 << 16 ? "\(value)" : "0x" + String(value, radix: 16) }

extension UnsafeMutableRawBufferPointer {
    /// Up to 8 bytes as a number.
    func number(at place: Place) -> UInt64 {
        var value: UInt64 = 0
        for byte in 0 ..< place.byteCount { value |= UInt64(self[place.offset + byte]) << UInt64(byte * 8) }
        return value
    }

    func store(_ value: UInt64, at place: Place) {
        for byte in 0 ..< place.byteCount {
            self[place.offset + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))
        }
    }

    /// Changes one of `places`, or any few bytes.
    func edit(_ places: Places, _ input: inout FuzzInput) {
        let how = Int(input.byte())
        var place = Place(0, 1 << (how & 3))
        if how < 224 {
            place = places[input.number(below: places.count)]
        } else {
            place.offset = input.number(below: count - 8)
        }
        change(place, of: places, &input)
    }

    /// Changes any one of `places`.
    func changeOne(of places: Places, _ input: inout FuzzInput) {
        change(places[input.number(below: places.count)], of: places, &input)
    }

    func change(_ place: Place, of places: Places, _ input: inout FuzzInput) {
        let before = number(at: place)
        let value = input.value(near: before)
        store(value, at: place)
        input.tell("\(places.name(place.offset)) becomes \(hex(number(at: place))), was \(hex(before))")
    }
}
