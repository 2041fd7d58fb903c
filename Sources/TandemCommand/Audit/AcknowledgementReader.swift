import Glibc

/// Reads back what workers were promised.
enum AcknowledgementReader {
    static func read(_ path: String) throws(CommandFailure) -> [Acknowledgement] {
        let bytes = try contents(of: path)
        var acknowledgements: [Acknowledgement] = []
        acknowledgements.reserveCapacity(bytes.count / Acknowledgement.lineBytes)
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let acknowledgement = Acknowledgement(line: line) else {
                // A writer killed inside write(2) may leave the start of a line, which promised nobody anything.
                if line.endIndex == bytes.endIndex { break }
                throw CommandFailure("\(path): line \(acknowledgements.count + 1) is no acknowledgement")
            }
            acknowledgements.append(acknowledgement)
        }
        return acknowledgements
    }

    private static func contents(of path: String) throws(CommandFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("read the acknowledgements", path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("read the acknowledgements", path, errno)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}

extension Acknowledgement {
    /// - Parameter line: without its newline.
    init?(line: ArraySlice<UInt8>) {
        guard line.count == Self.lineBytes - 1 else { return nil }
        var fields: [UInt64] = []
        for field in line.split(separator: UInt8(ascii: " ")) {
            guard let number = UInt64(String(decoding: field, as: UTF8.self)) else { return nil }
            fields.append(number)
        }
        guard fields.count == 3, let worker = Int(exactly: fields[0]), let call = Int(exactly: fields[1]) else {
            return nil
        }
        self.init(worker: worker, call: call, sequence: fields[2])
    }
}
