import CLinuxMemory
import CTandemLayout
import Glibc

/// A source or copy as its bytes say, read by the audit's own code from the documented layout.
///
/// The file is mapped privately: what the journal brings is applied to this process's view, the file stays as it is.
final class AuditedFile {
    struct Table {
        let name: String
        let payloadBytes: Int
        let slotBytes: Int
        let pageBytes: Int
        let capacity: Int
        let offset: Int

        /// Byte offset of record `index`'s slot in the file.
        func slot(_ index: Int) -> Int {
            let perPage = pageBytes / slotBytes
            return offset + index / perPage * pageBytes + index % perPage * slotBytes
        }
    }

    enum Role: UInt32 {
        case source = 1
        case syncing = 2
        case consistent = 3
    }

    let path: String
    let role: Role
    let generation: (UInt64, UInt64)
    let tables: [Table]
    let journal: Range<Int>
    let state: tandem_state
    let bytes: UnsafeMutableRawBufferPointer

    init(_ path: String) throws(CommandFailure) {
        self.path = path
        let bytes = try Self.map(path)
        self.bytes = bytes
        do throws(CommandFailure) {
            let identity = try Self.identity(in: bytes, path)
            state = try Self.newestState(in: bytes, path)
            guard let role = Role(rawValue: state.role) else {
                throw CommandFailure("\(path): the state slot names an unknown role \(state.role)")
            }
            self.role = role
            generation = state.generation
            tables = try Self.tables(of: identity, in: bytes, path)
            journal = try Self.journal(of: identity, role: role, fileBytes: bytes.count, path)
        } catch {
            munmap(bytes.baseAddress, bytes.count)
            throw error
        }
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }

    func table(_ name: String) -> Table? { tables.first { $0.name == name } }

    private static func map(_ path: String) throws(CommandFailure) -> UnsafeMutableRawBufferPointer {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system("open it", path, errno) }
        defer { close(descriptor) }
        let length = lseek(descriptor, 0, SEEK_END)
        guard length >= Int(TANDEM_RUNTIME_OFFSET) else {
            throw CommandFailure("\(path): it is too short for a Tandem file, or no file at all")
        }
        var status = stat()
        // What a device's page cache has may be older than what a replicator has written past it.
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFBLK {
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        }
        // Looking at a hole through a mapping takes memory where the file is, which may be full. What was written is
        // read instead, into memory of our own.
        let hasHoles =
            fstat(descriptor, &status) == 0 && Int(status.st_blocks) * 512 < length
            && status.st_mode & S_IFMT == S_IFREG
        let flags = hasHoles ? MAP_PRIVATE | MAP_NORESERVE | MAP_ANONYMOUS : MAP_PRIVATE | MAP_NORESERVE
        let base = mmap(nil, length, PROT_READ | PROT_WRITE, flags, hasHoles ? -1 : descriptor, 0)
        guard let base, base != MAP_FAILED else { throw .system("map it", path, errno) }
        let bytes = UnsafeMutableRawBufferPointer(start: base, count: length)
        guard hasHoles, let number = fill(bytes, from: descriptor) else { return bytes }
        munmap(base, length)
        throw .system("read it", path, number)
    }

    /// What was written of a file, in its place; the kernel's number for what went wrong.
    private static func fill(_ bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32) -> Int32? {
        var at: Int64 = 0
        var end: Int64 = 0
        while at < bytes.count {
            at = file_next_data(descriptor, at, &end)
            if at == -Int64(ENXIO) { return nil }
            guard at >= 0 else { return Int32(-at) }
            while at < min(end, Int64(bytes.count)) {
                let count = pread(
                    descriptor, bytes.baseAddress! + Int(at), min(Int(end), bytes.count) - Int(at), off_t(at))
                if count <= 0 { return count < 0 ? errno : EIO }
                at += Int64(count)
            }
        }
        return nil
    }

    private static func identity(
        in bytes: UnsafeMutableRawBufferPointer, _ path: String
    ) throws(CommandFailure) -> tandem_identity {
        var identity = bytes.load(fromByteOffset: Int(TANDEM_IDENTITY_OFFSET), as: tandem_identity.self)
        guard identity.magic == TANDEM_MAGIC else { throw CommandFailure("\(path): it is not a Tandem source or copy") }
        guard identity.format == UInt32(TANDEM_FORMAT) else {
            throw CommandFailure(
                """
                \(path): it has format \(identity.format), this audit reads format \(TANDEM_FORMAT). Use the audit of \
                the version of Tandem that wrote it
                """)
        }
        let expected = identity.checksum
        identity.checksum = 0
        guard withUnsafeBytes(of: &identity, CRC32C.sum) == expected else {
            throw CommandFailure("\(path): the header's checksum does not match")
        }
        return identity
    }

    private static func newestState(
        in bytes: UnsafeMutableRawBufferPointer, _ path: String
    ) throws(CommandFailure) -> tandem_state {
        let slots = [TANDEM_STATE_A_OFFSET, TANDEM_STATE_B_OFFSET].compactMap { offset -> tandem_state? in
            var state = bytes.load(fromByteOffset: Int(offset), as: tandem_state.self)
            let expected = state.checksum
            state.checksum = 0
            guard state.magic == TANDEM_STATE_MAGIC, withUnsafeBytes(of: &state, CRC32C.sum) == expected else {
                return nil
            }
            return state
        }
        guard let newest = slots.max(by: { $0.sequence < $1.sequence }) else {
            throw CommandFailure("\(path): both state slots are damaged")
        }
        return newest
    }

    private static func tables(
        of identity: tandem_identity, in bytes: UnsafeMutableRawBufferPointer, _ path: String
    ) throws(CommandFailure) -> [Table] {
        guard identity.table_count <= UInt32(TANDEM_TABLES_MAX) else {
            throw CommandFailure("\(path): its header names \(identity.table_count) tables")
        }
        var tables: [Table] = []
        for row in 0 ..< Int(identity.table_count) {
            let start = MemoryLayout<tandem_identity>.offset(of: \.tables)! + row * MemoryLayout<tandem_table>.stride
            let entry = bytes.load(fromByteOffset: start, as: tandem_table.self)
            let name = bytes[start ..< start + Int(TANDEM_NAME_BYTES)].prefix { $0 != 0 }
            let table = Table(
                name: String(decoding: name, as: UTF8.self), payloadBytes: Int(entry.payload_bytes),
                slotBytes: Int(entry.slot_bytes), pageBytes: Int(entry.page_bytes),
                capacity: Int(clamping: entry.capacity), offset: Int(clamping: entry.offset))
            guard table.payloadBytes > 0, table.slotBytes >= table.payloadBytes + Int(TANDEM_RECORD_HEADER_BYTES),
                table.slotBytes % 16 == 0, table.pageBytes >= table.slotBytes, table.pageBytes % 4096 == 0,
                table.offset % 4096 == 0, table.offset < bytes.count,
                // As many records as the file has room for, before it is asked where the last one is: of a forged
                // number of them that place is beyond what an Int holds.
                table.capacity > 0, table.capacity <= bytes.count / table.slotBytes,
                table.slot(table.capacity - 1) + table.slotBytes <= bytes.count
            else { throw CommandFailure("\(path): table '\(table.name)' does not fit into the file") }
            tables.append(table)
        }
        return tables
    }

    private static func journal(
        of identity: tandem_identity, role: Role, fileBytes: Int, _ path: String
    ) throws(CommandFailure) -> Range<Int> {
        let start = Int(clamping: identity.tables_end)
        guard role != .source else { return start ..< start }
        let (end, overflow) = start.addingReportingOverflow(Int(clamping: identity.journal_bytes))
        guard !overflow, start < end, end <= fileBytes, start % 4096 == 0, end % 4096 == 0 else {
            throw CommandFailure("\(path): its journal does not fit into the file")
        }
        return start ..< end
    }
}
