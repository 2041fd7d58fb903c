import Glibc
import Tandem
import TandemCore

/// Keeps two loads from sharing call slots, as `calls` is partitioned: each worker locks the bytes of its shard in the
/// source file, for as long as it lives, however it dies.
final class ShardLock {
    private let descriptor: Int32

    init(_ range: Range<Int>, in source: SourceDataFile) throws(CommandFailure) {
        let layout = source.layout
        guard !range.isEmpty, let number = layout.definitions.firstIndex(where: { $0.name == CallRecord.tableName })
        else {
            throw CommandFailure("\(source.path): there are more workers than call slots", status: .cannot)
        }
        let table = layout.tables[number]
        func offset(_ index: Int) -> Int { table.offset + table.slotOffset(of: index, page: table.page(of: index)) }
        descriptor = open(source.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system("open it", source.path, errno) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = offset(range.lowerBound)
        lock.l_len = offset(range.upperBound - 1) + table.slotBytes - lock.l_start
        let openFileLock: Int32 = 37  // F_OFD_SETLK, which Glibc hides from Swift
        guard fcntl(descriptor, openFileLock, &lock) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EAGAIN || number == EACCES else {
                throw .system("lock a shard of calls", source.path, number)
            }
            throw CommandFailure(
                """
                \(source.path): another load already runs on calls \(range.lowerBound) to \(range.upperBound - 1). \
                Wait until it has ended.
                """
            )
        }
    }

    deinit { close(descriptor) }
}
