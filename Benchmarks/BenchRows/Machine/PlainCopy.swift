internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// The simplest copy there is: `pwrite` of the source's tables, straight from its memory.
struct PlainCopy {
    let source: BenchSource

    /// Gigabytes a second, flushed.
    func rate(to path: String) throws -> Double {
        let source = source
        return try WorkerThread.run(cpu: Processors.replicator) {
            let file = open(path, O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { throw BenchError("cannot open \(path): \(String(cString: strerror(errno)))") }
            defer { close(file) }
            let start = MonotonicClock.now()
            for table in source.file.layout.tables {
                let base = source.file.memory.base + table.offset
                var done = 0
                while done < table.byteCount {
                    let count = pwrite(file, base + done, min(1 << 20, table.byteCount - done), table.offset + done)
                    guard count > 0 else {
                        throw BenchError("cannot write \(path): \(String(cString: strerror(errno)))")
                    }
                    done += count
                }
            }
            fsync(file)
            return Double(source.tableBytes) / Double(MonotonicClock.now() - start)
        }
    }
}
