import CTandemLayout
import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport

private let layout = StationLayout.layout
private let anyIndex = [Int.min, -1, 1000, Int(UInt32.max), Int(UInt32.max) + 42, Int.max]
private let asRoot: String? = geteuid() == 0 ? nil : "it needs root"

extension BadInput {
    static let table: [BadInput] = sourceFiles + copyFiles + promotions + definitions + calls + surroundings

    // MARK: Files where a source is expected

    private static let sourceFiles: [BadInput] = [
        BadInput("source: missing", .open, outcome: .error(.notFound, "source: it does not exist. Check the path")) {
            $0.scratch.remove("source")
        },
        BadInput(
            "source: in a missing directory", .open("no/source"),
            outcome: .error(.notFound, "it does not exist. Check the path.")),
        BadInput(
            "source: under a file", .open("source/source"),
            outcome: .error(.notFound, "Not a directory. Check the path")),
        BadInput(
            "source: empty path", .open(path: ""),
            outcome: .error(.badArgument, "it is empty or contains a zero byte. Give the path of a file")),
        BadInput(
            "source: zero byte in the path", .open(path: "/dev/shm/a\0b"),
            outcome: .error(.badArgument, "contains a zero byte")),
        BadInput(
            "source: name too long", .open(path: "/dev/shm/" + String(repeating: "n", count: 5000)),
            outcome: .error(.badArgument, "File name too long. Use a shorter path")),
        BadInput(
            "source: empty", .open, outcome: .error(.wrongLength, "the file is empty. Give the path of a Tandem source")
        ) { $0.scratch.write([], to: "source") },
        BadInput("source: ten bytes", .open, outcome: .error(.notTandem, "shorter than a Tandem header")) {
            $0.scratch.write(Array(repeating: 7, count: 10), to: "source")
        },
        BadInput(
            "source: a letter", .open,
            outcome: .error(.notTandem, "the file is not a Tandem source or copy. Give the path")
        ) { $0.scratch.write(Array(repeating: 65, count: 20_000), to: "source") },
        BadInput("source: all zeros", .open, outcome: .error(.notTandem, "not a Tandem source")) {
            $0.scratch.write(Array(repeating: 0, count: 20_000), to: "source")
        },
        BadInput(
            "source: cut short by a byte", .open,
            outcome: .error(
                .wrongLength,
                """
                has \(layout.tablesEnd - 1) bytes where its header says \(layout.tablesEnd). The file was cut or \
                extended: promote the copy instead
                """
            )
        ) { truncate($0.sourcePath, layout.tablesEnd - 1) },
        BadInput(
            "source: extended by a byte", .open,
            outcome: .error(.wrongLength, "has \(layout.tablesEnd + 1) bytes where its header says")
        ) { truncate($0.sourcePath, layout.tablesEnd + 1) },
        BadInput("source: cut after its header", .open, outcome: .error(.wrongLength, "has 16384 bytes")) {
            truncate($0.sourcePath, 16_384)
        },
        BadInput("source: cut inside its header", .open, outcome: .error(.notTandem, "shorter than a Tandem header")) {
            truncate($0.sourcePath, 16_383)
        },
        BadInput("source: bit flipped in the magic", .open, outcome: .error(.notTandem, "not a Tandem source")) {
            $0.scratch.flip("source", at: 3)
        },
        BadInput(
            "source: another format", .open,
            outcome: .error(
                .formatVersion,
                "the file has format 3, this program reads format 2. Use the version of Tandem that wrote it")
        ) { $0.scratch.flip("source", at: 8) },
        BadInput(
            "source: bit flipped in the checksum", .open,
            outcome: .error(.corrupt, "the header's checksum does not match")
        ) { $0.scratch.flip("source", at: 252) },
        BadInput(
            "source: bit flipped in a table's name", .open,
            outcome: .error(.corrupt, "checksum does not match. Restore the file, or use another copy")
        ) { $0.scratch.flip("source", at: 256) },
        BadInput("source: bit flipped in a capacity", .open, outcome: .error(.corrupt, "checksum does not match")) {
            $0.scratch.flip("source", at: 256 + 48)
        },
        BadInput("source: bit flipped in unused bytes", .open, outcome: .error(.corrupt, "checksum does not match")) {
            $0.scratch.flip("source", at: 8191)
        },
        BadInput("source: state slot A damaged", .open, outcome: .accepted) {
            $0.scratch.flip("source", at: 8192 + 100)
        },
        BadInput("source: state slot B damaged", .open, outcome: .accepted) {
            $0.scratch.flip("source", at: 12_288 + 100)
        },
        BadInput(
            "source: both state slots damaged", .open,
            outcome: .error(.corrupt, "both state slots are damaged. Promote the copy instead")
        ) {
            for offset in StateSlot.offsets { $0.scratch.flip("source", at: offset + 511) }
        },
        BadInput("source: never made ready", .open, outcome: .error(.corrupt, "its runtime area was never made ready"))
        { $0.scratch.flip("source", at: layout.runtime.control + ControlOffset.ready) },
        BadInput(
            "source: a copy", .open("copy"),
            outcome: .error(.wrongRole, "it is a copy, not a source. Promote it first: tandem promote")),
        BadInput(
            "source: a symbolic link", .open("link"),
            outcome: .error(.unsafeFile, "it is a symbolic link, not a regular file")
        ) { symlink($0.sourcePath, $0.scratch.file("link")) },
        BadInput(
            "source: a symbolic link to nothing", .open("link"), outcome: .error(.unsafeFile, "it is a symbolic link")
        ) { symlink("/nowhere", $0.scratch.file("link")) },
        BadInput(
            "source: a directory", .open("."),
            outcome: .error(.unsafeFile, "it is a directory, not a regular file. Give the path of a regular file")),
        BadInput("source: a fifo", .open("pipe"), outcome: .error(.unsafeFile, "it is a fifo")) {
            mkfifo($0.scratch.file("pipe"), 0o600)
        },
        BadInput(
            "source: a device", .open(path: "/dev/null"), outcome: .error(.unsafeFile, "it is a character device")),
        BadInput(
            "source: two names", .open,
            outcome: .error(.unsafeFile, "it has 2 names (hard links). Give a file with a single name")
        ) { link($0.sourcePath, $0.scratch.file("twin")) },
        BadInput(
            "source: readable by others", .open,
            outcome: .error(
                .unsafeFile, "its mode 644 lets other users in. Take their permissions away with: chmod 600")
        ) { chmod($0.sourcePath, 0o644) },
        BadInput(
            "source: writable by the group", .open, outcome: .error(.unsafeFile, "its mode 660 lets other users in")
        ) { chmod($0.sourcePath, 0o660) },
        BadInput(
            "source: another user's", .open,
            outcome: .error(.unsafeFile, "it belongs to user 4242, not to user 0 who runs this. Run as its owner"),
            obstacle: asRoot
        ) { chown($0.sourcePath, 4242, 4242) },
        BadInput(
            "source: no tables, signed", .open,
            outcome: .error(.corrupt, "the header holds impossible numbers. Restore the file")
        ) { $0.scratch.forgeHeader("source") { $0.table_count = 0 } },
        BadInput(
            "source: more tables than there is room for, signed", .open, outcome: .error(.corrupt, "impossible numbers")
        ) { $0.scratch.forgeHeader("source") { $0.table_count = .max } },
        BadInput("source: capacity 0, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.tables.0.capacity = 0 }
        },
        BadInput("source: capacity 2⁶⁴ - 1, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.tables.0.capacity = .max }
        },
        BadInput("source: records of 0 bytes, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.tables.0.payload_bytes = 0 }
        },
        BadInput("source: records of 4 GiB, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.tables.0.payload_bytes = .max }
        },
        BadInput("source: unknown sharing, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.tables.0.sharing = 7 }
        },
        BadInput("source: no writers, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.writer_count = 0 }
        },
        BadInput("source: 2³² - 1 writers, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.writer_count = .max }
        },
        BadInput("source: undo room of 2⁶⁴ - 1 bytes, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.undo_bytes = .max }
        },
        BadInput(
            "source: undo segments that are no power of two, signed", .open,
            outcome: .error(.corrupt, "impossible numbers")
        ) { $0.scratch.forgeHeader("source") { $0.undo_segment = 4097 } },
        BadInput("source: undo segments of 0 bytes, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.undo_segment = 0 }
        },
        BadInput("source: journal of 2⁶³ bytes, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.journal_bytes = 1 << 63 }
        },
        BadInput(
            "source: a table's name that is no text, signed", .open, outcome: .error(.corrupt, "impossible numbers")
        ) { $0.scratch.forgeHeader("source") { $0.tables.0.name.0 = -1 } },
        BadInput("source: two tables of one name, signed", .open, outcome: .error(.corrupt, "impossible numbers")) {
            $0.scratch.forgeHeader("source") { $0.tables.1 = $0.tables.0 }
        },
        BadInput(
            "source: a table outside the file, signed", .open,
            outcome: .error(.corrupt, "the header's numbers contradict each other")
        ) { $0.scratch.forgeHeader("source") { $0.tables.0.offset = 1 << 40 } },
        BadInput(
            "source: fewer pages than its records need, signed", .open,
            outcome: .error(.corrupt, "contradict each other")
        ) { $0.scratch.forgeHeader("source") { $0.tables.0.page_count = 1 } },
        BadInput("source: tables that end elsewhere, signed", .open, outcome: .error(.corrupt, "contradict each other"))
        { $0.scratch.forgeHeader("source") { $0.tables_end -= 4096 } },
        BadInput(
            "source: the true header of a larger one", .open, outcome: .error(.wrongLength, "where its header says")
        ) { station in
            station.scratch.forgeHeader(
                "source",
                of: try FileLayout(
                    tables: [TableDefinition(name: "calls", payloadBytes: 48, capacity: 1_000_000, sharing: .shared)],
                    writerCount: 4, undoBytes: 32 << 10, undoSegmentBytes: 4 << 10, journalBytes: 1 << 20))
        },
    ]

    // MARK: Files where a copy is expected

    private static let copyFiles: [BadInput] = [
        BadInput(
            "copy: missing", .check, .promote, .status, .inspect, .verify,
            outcome: .error(.notFound, "copy: it does not exist. Check the path")
        ) { $0.scratch.remove("copy") },
        BadInput("copy: in a missing directory", .replicate("no/copy"), outcome: .told("the file is not there")),
        BadInput(
            "copy: empty path", .replicate { _ in "" },
            outcome: .told("it is empty or contains a zero byte. Give the path of a file")),
        BadInput(
            "copy: zero byte in the path", .replicate { _ in "/dev/shm/a\0b" }, outcome: .told("contains a zero byte")),
        BadInput(
            "copy: empty", .check, .promote, .status, .inspect,
            outcome: .error(.notTandem, "shorter than a Tandem header. Give the path of a copy")
        ) { $0.scratch.write([], to: "copy") },
        BadInput("copy: ten bytes", .check, .promote, outcome: .error(.notTandem, "shorter than a Tandem header")) {
            $0.scratch.write(Array(repeating: 7, count: 10), to: "copy")
        },
        BadInput(
            "copy: ten bytes, to be overwritten", .replicate,
            outcome: .told(
                """
                copy refused (not a copy of this source): the file is not a Tandem copy. Give the path of a copy, or \
                of a file that does not exist yet
                """)
        ) { $0.scratch.write(Array(repeating: 7, count: 10), to: "copy") },
        BadInput(
            "copy: a letter", .check, .promote, .replicate,
            outcome: .error(.notTandem, "copy: the file is not a Tandem source or copy. Give the path")
        ) { $0.scratch.write(Array(repeating: 65, count: 20_000), to: "copy") },
        BadInput(
            "copy: zeros with something behind them", .replicate,
            outcome: .told("the file holds data that is not a Tandem copy")
        ) { $0.scratch.write(Array(repeating: 0, count: 1 << 20) + Array(repeating: 65, count: 4096), to: "copy") },
        BadInput(
            "copy: cut short by a byte", .check, .promote, .status, .inspect,
            outcome: .error(
                .wrongLength,
                """
                it has \(layout.copyBytes - 1) bytes where its header says \(layout.copyBytes). The file was cut short \
                and cannot be promoted; use another copy
                """
            )
        ) { truncate($0.copyPath, layout.copyBytes - 1) },
        BadInput(
            "copy: cut short by a byte, to be followed", .replicate,
            outcome: .told("The file was cut short: move it away, and put an empty file in its place")
        ) { truncate($0.copyPath, layout.copyBytes - 1) },
        BadInput(
            "copy: cut after its header", .check, .promote, outcome: .error(.wrongLength, "it has 16384 bytes where")
        ) { truncate($0.copyPath, 16_384) },
        BadInput("copy: extended by a byte", .check, outcome: .accepted) {
            truncate($0.copyPath, layout.copyBytes + 1)
        },
        BadInput(
            "copy: extended by a byte, to be a source in place", .promote,
            outcome: .error(
                .wrongLength,
                """
                it has \(layout.copyBytes + 1) bytes where its header says \(layout.copyBytes). Give the new source a \
                path of its own: --to
                """
            )
        ) { truncate($0.copyPath, layout.copyBytes + 1) },
        BadInput(
            "copy: bit flipped in the magic", .check, .promote, .replicate,
            outcome: .error(.notTandem, "not a Tandem source or copy")
        ) { $0.scratch.flip("copy", at: 0) },
        BadInput(
            "copy: another format", .check, .promote, .replicate,
            outcome: .error(.formatVersion, "has format 3, this program reads format 2")
        ) { $0.scratch.flip("copy", at: 8) },
        BadInput(
            "copy: bit flipped in the checksum", .check, .promote, .replicate,
            outcome: .error(.corrupt, "the header's checksum does not match")
        ) { $0.scratch.flip("copy", at: 254) },
        BadInput(
            "copy: bit flipped in the schema", .check, .promote, .replicate,
            outcome: .error(.corrupt, "the header's checksum does not match")
        ) { $0.scratch.flip("copy", at: 300) },
        BadInput(
            "copy: impossible numbers, signed", .check, .promote, .replicate,
            outcome: .error(.corrupt, "the header holds impossible numbers")
        ) { $0.scratch.forgeHeader("copy") { $0.tables.0.capacity = .max } },
        BadInput(
            "copy: contradictory numbers, signed", .check, .promote, .replicate,
            outcome: .error(.corrupt, "contradict each other")
        ) { $0.scratch.forgeHeader("copy") { $0.tables.1.first_page = 1 } },
        BadInput(
            "copy: the true header of a larger one", .check, .promote,
            outcome: .error(.wrongLength, "where its header says")
        ) { station in
            station.scratch.forgeHeader(
                "copy",
                of: try FileLayout(
                    tables: Exchange.tables, writerCount: 4, undoBytes: 32 << 10, undoSegmentBytes: 4 << 10,
                    journalBytes: 1 << 40))
        },
        BadInput("copy: the older state slot damaged", .check, .replicate, outcome: .accepted) {
            $0.scratch.flip("copy", at: $0.scratch.slotOffsets(of: "copy").other + 40)
        },
        BadInput("copy: the newer state slot damaged, the journal still whole", .check, .replicate, outcome: .accepted)
        { $0.scratch.flip("copy", at: $0.scratch.slotOffsets(of: "copy").newest + 40) },
        BadInput(
            "copy: both state slots damaged", .check, .promote, .replicate,
            outcome: .error(.corrupt, "both state slots are damaged")
        ) { station in
            for offset in StateSlot.offsets { station.scratch.flip("copy", at: offset + 16) }
        },
        BadInput(
            "copy: a source", .check, .promote, .status, .inspect,
            outcome: .error(.wrongRole, "it is a source already. Open it as one; there is nothing to promote")
        ) {
            $0.scratch.remove("copy"); rename($0.sourcePath, $0.copyPath)
        },
        BadInput("copy: another source", .replicate, outcome: .told("it is a source, not a copy")) { station in
            station.scratch.remove("copy")
            _ = try SourceDataFile.create(at: station.copyPath, tables: Exchange.tables, options: Exchange.options)
        },
        BadInput(
            "copy: the source itself", .replicate("source"),
            outcome: .told(
                """
                source refused (not a copy of this source): the copy is the source itself. Give the copy a path of its \
                own
                """)),
        BadInput(
            "copy: the source itself by another name", .replicate("twin/source"),
            outcome: .told("the copy is the source itself")
        ) { symlink($0.scratch.path, $0.scratch.file("twin")) },
        BadInput(
            "copy: of another source with other tables", .replicate,
            outcome: .told("it is a copy of another source (generation ")
        ) { try $0.replaceCopy(tables: [Exchange.trunks]) },
        BadInput(
            "copy: of another source with other tables, compared", .verify,
            outcome: .error(.wrongSchema, "it is a copy of generation")
        ) { try $0.replaceCopy(tables: [Exchange.trunks]) },
        BadInput(
            "copy: of another source with the same tables", .replicate,
            outcome: .told("it is a copy of another source (generation ")
        ) { try $0.replaceCopy(tables: Exchange.tables) },
        BadInput(
            "copy: of another source, compared", .verify, outcome: .error(.wrongSchema, "it is a copy of generation")
        ) { try $0.replaceCopy(tables: Exchange.tables) },
        BadInput(
            "copy: of an earlier life, while what was promoted was not whole", .replicate,
            outcome: .told("whether this source has all that it holds is not known. Overwrite it with --adopt")
        ) { station in
            station.scratch.write(station.scratch.bytes(of: "copy"), to: "old")
            station.scratch.flip("copy", at: StationLayout.offset(ofCall: 500) + 20)
            _ = try Promotion.promote(copy: station.copyPath, to: station.scratch.file("new"), force: true)
            rename(station.scratch.file("new"), station.sourcePath)
            rename(station.scratch.file("old"), station.copyPath)
        },
        BadInput(
            "copy: promoted meanwhile", .replicate, outcome: .told("a promoted copy has taken over from this source")
        ) { station in
            _ = try Promotion.promote(copy: station.copyPath, to: station.scratch.file("new"))
        },
        BadInput(
            "copy: promoted meanwhile, and followed by the new source's replicator", .replicate,
            outcome: .told("a promoted copy has taken over from this source")
        ) { station in
            _ = try Promotion.promote(copy: station.copyPath, to: station.scratch.file("new"))
            try station.hold("copy")
        },
        BadInput(
            "copy: promoted in place meanwhile", .replicate,
            outcome: .told("a promoted copy has taken over from this source")
        ) { _ = try Promotion.promote(copy: $0.copyPath) },
        BadInput(
            "copy: left while it was syncing", .check, .promote, .promoteTo,
            outcome: .error(
                .notPromotable, "the copy was being brought together when it was left: it is no whole state")
        ) { $0.scratch.forgeSlot("copy") { $0.role = .syncing } },
        BadInput(
            "copy: left while it was syncing, compared", .verify,
            outcome: .error(.notPromotable, "it is still syncing. Wait until `tandem status`")
        ) { $0.scratch.forgeSlot("copy") { $0.role = .syncing } },
        BadInput(
            "copy: rot in a record", .check, .promote, .promoteTo,
            outcome: .error(.notPromotable, "calls[500]: its seal does not match")
        ) { $0.scratch.flip("copy", at: StationLayout.offset(ofCall: 500) + 20) },
        BadInput(
            "copy: rot in a record's seal", .check, .promote,
            outcome: .error(.notPromotable, "calls[0]: its seal does not match")
        ) { $0.scratch.flip("copy", at: StationLayout.offset(ofCall: 0) + 5) },
        BadInput(
            "copy: a locked record", .check, .promote,
            outcome: .error(.notPromotable, "calls[9]: its seal does not match")
        ) { $0.scratch.flip("copy", at: StationLayout.offset(ofCall: 9)) },
        BadInput(
            "copy: a sound record at another's place", .check, .promote,
            outcome: .error(.notPromotable, "calls[7]: its seal does not match")
        ) { station in
            station.scratch.patch(
                "copy", at: StationLayout.offset(ofCall: 7),
                station.scratch.read("copy", count: 64, at: StationLayout.offset(ofCall: 8)))
        },
        BadInput(
            "copy: a page of rot", .check, .promote, outcome: .error(.notPromotable, "more records with broken seals")
        ) { $0.scratch.patch("copy", at: layout.tables[0].offset, Array(repeating: 0xA5, count: 4096)) },
        BadInput(
            "copy: rot in the journal", .check, .promote, .promoteTo,
            outcome: .error(.notPromotable, "was whole: the journal is damaged")
        ) { station in
            let cuts = station.scratch.promiseJournal("copy")
            station.scratch.flip("copy", at: cuts[1].offset + 300)
        },
        BadInput(
            "copy: rot in a cut's header", .check, .promote,
            outcome: .error(.notPromotable, "was whole: the journal is damaged")
        ) { station in
            let cuts = station.scratch.promiseJournal("copy")
            station.scratch.flip("copy", at: cuts[0].offset + 64)
        },
        BadInput(
            "copy: rot in a cut that no slot has named yet", .check, .promote, .promoteTo,
            outcome: .error(.notPromotable, "had been whole and are lost")
        ) { station in
            station.scratch.flip("copy", at: station.scratch.journal(of: "copy")[1].offset + 300)
        },
        BadInput(
            "copy: rot in such a cut's header", .check, .promote,
            outcome: .error(.notPromotable, "had been whole and are lost")
        ) { station in
            station.scratch.flip("copy", at: station.scratch.journal(of: "copy")[0].offset + 64)
        },
        BadInput(
            "copy: such a cut of a table that is not there, signed", .check, .promote,
            outcome: .error(.notPromotable, "had been whole and are lost")
        ) { station in
            station.scratch.forgeCut("copy", station.scratch.journal(of: "copy")[1]) {
                $1.storeBytes(of: 77, as: UInt32.self)
            }
        },
        BadInput("copy: a last cut that was torn", .check, .promote, outcome: .accepted) { station in
            station.scratch.flip("copy", at: station.scratch.journal(of: "copy").last!.offset + 300)
        },
        BadInput(
            "copy: rot in the last cut, of which an image is in the tables already", .check, .promote, .promoteTo,
            outcome: .error(.notPromotable, "calls[500] and 9 more records are of cuts up to")
        ) { station in
            do {
                let live = try Live(station)
                try live.put(Call(9), at: 500 ..< 510)
                guard live.run(until: { live.isInSync && live.isReplicated }) else { throw Failure("not replicated") }
            }
            // As a sweep leaves it whose state slot has not been written yet.
            let access = try CopyAccess(path: station.copyPath, writable: true)
            _ = try CopyRecovery.apply(
                access.bytes, layout: access.layout, slot: access.slot, checksum: LinuxChecksum.crc32c)
            station.scratch.flip("copy", at: station.scratch.journal(of: "copy").last!.offset + 300)
        },
        BadInput(
            "copy: a cut of a table that is not there, signed", .check, .promote,
            outcome: .error(.notPromotable, "the journal is damaged")
        ) { station in
            let cuts = station.scratch.promiseJournal("copy")
            station.scratch.forgeCut("copy", cuts[1]) { $1.storeBytes(of: 77, as: UInt32.self) }
        },
        BadInput(
            "copy: a cut of a record that is not there, signed", .check, .promote,
            outcome: .error(.notPromotable, "the journal is damaged")
        ) { station in
            let cuts = station.scratch.promiseJournal("copy")
            station.scratch.forgeCut("copy", cuts[1]) { $1.storeBytes(of: .max, toByteOffset: 8, as: UInt64.self) }
        },
        BadInput(
            "copy: a cut longer than the journal, signed", .check, .promote,
            outcome: .error(.notPromotable, "the journal is damaged")
        ) { station in
            let cuts = station.scratch.promiseJournal("copy")
            station.scratch.forgeCut("copy", cuts[1]) { header, _ in header.bytes = 1 << 62 }
        },
        BadInput(
            "copy: a cut that says to use more than it has, signed", .check, .promote,
            outcome: .error(.notPromotable, "the journal is damaged")
        ) { station in
            let cuts = station.scratch.promiseJournal("copy")
            station.scratch.forgeCut("copy", cuts[1]) { header, _ in header.used = .max }
        },
        BadInput(
            "copy: a cut of 0 bytes, signed", .check, .promote,
            outcome: .error(.notPromotable, "the journal is damaged")
        ) { station in
            let cuts = station.scratch.promiseJournal("copy")
            station.scratch.forgeCut("copy", cuts[1]) { header, _ in header.bytes = 0 }
        },
        BadInput(
            "copy: a journal tail from nowhere, signed", .check, .promote,
            outcome: .error(.notPromotable, "the journal is damaged")
        ) {
            $0.scratch.promiseJournal("copy"); $0.scratch.forgeSlot("copy") { $0.journalTail = .max - 100 }
        },
        BadInput(
            "copy: a cut from the future, signed", .check, .promote,
            outcome: .error(.notPromotable, "but cut 18014398509481984 was whole")
        ) { $0.scratch.forgeSlot("copy") { $0.cut = 1 << 54 } },
        BadInput(
            "copy: the largest of all cuts, signed", .check, .promote,
            outcome: .error(.corrupt, "both state slots are damaged")
        ) { station in
            station.scratch.flip("copy", at: station.scratch.slotOffsets(of: "copy").other)
            station.scratch.forgeSlot("copy") {
                $0.cut = .max; $0.tailCut = .max; $0.journalTail = 1 << 50
            }
        },
        BadInput(
            "copy: a symbolic link", .check, .promote, .replicate,
            outcome: .error(.unsafeFile, "copy: it is a symbolic link, not a regular file")
        ) {
            rename($0.copyPath, $0.scratch.file("far")); symlink($0.scratch.file("far"), $0.copyPath)
        },
        BadInput(
            "copy: a directory", .check, .promote, .replicate, outcome: .error(.unsafeFile, "copy: it is a directory")
        ) {
            $0.scratch.remove("copy"); mkdir($0.copyPath, 0o700)
        },
        BadInput("copy: a fifo", .check, .promote, .replicate, outcome: .error(.unsafeFile, "copy: it is a fifo")) {
            $0.scratch.remove("copy"); mkfifo($0.copyPath, 0o600)
        },
        BadInput(
            "copy: a device that is no disk", .replicate { _ in "/dev/zero" },
            outcome: .told(
                """
                /dev/zero refused (not a copy of this source): it is a character device, not a regular file. Give the \
                path of a regular file or a block \
                device
                """
            )),
        BadInput("copy: two names", .check, .promote, .replicate, outcome: .error(.unsafeFile, "copy: it has 2 names"))
        { link($0.copyPath, $0.scratch.file("twin")) },
        BadInput(
            "copy: writable by others", .promoteTo, .replicate,
            outcome: .error(
                .unsafeFile, "its mode 602 lets other users in. Take their permissions away with: chmod 600")
        ) { chmod($0.copyPath, 0o602) },
        BadInput(
            "copy: readable by others, to be a source in place", .promote,
            outcome: .error(.unsafeFile, "its mode 644 lets other users in")
        ) { chmod($0.copyPath, 0o644) },
        BadInput(
            "copy: another user's", .check, .promote, .replicate,
            outcome: .error(.unsafeFile, "it belongs to user 4242"), obstacle: asRoot
        ) { chown($0.copyPath, 4242, 4242) },
        BadInput(
            "copy: followed by a replicator", .promote, .promoteTo,
            outcome: .error(
                .inUse, "copy: another process has it locked: a replicator, or a promotion. Stop that process first")
        ) { try $0.hold("copy") },
        BadInput("copy: followed by another replicator", .replicate, outcome: .told("another process has it locked")) {
            try $0.hold("copy")
        },
    ]

    // MARK: Promotions that cannot be

    private static let promotions: [BadInput] = [
        BadInput(
            "promote: onto an existing file", .promote(to: "source"),
            outcome: .error(
                .exists, "source: there is a file of this name already. Choose another path, or move it away")),
        BadInput(
            "promote: onto a link to nothing", .promote(to: "link"),
            outcome: .error(.exists, "link: there is a file of this name already")
        ) { symlink("/nowhere", $0.scratch.file("link")) },
        BadInput(
            "promote: into a missing directory", .promote(to: "no/new"),
            outcome: .error(.notFound, "its directory does not exist. Create the directory first")),
        BadInput(
            "promote: onto the copy", .promote(to: "copy"),
            outcome: .error(.exists, "copy: there is a file of this name already")),
        BadInput(
            "promote: to a name that is too long", .promote(to: String(repeating: "n", count: 300)),
            outcome: .error(.badArgument, "Use a shorter path")),
    ]

    // MARK: Sources that cannot be made

    private static let definitions: [BadInput] = [
        BadInput(
            "create: onto an existing file", .create(at: "source"),
            outcome: .error(.exists, "source: cannot create it: File exists. Choose another path")),
        BadInput(
            "create: onto a link to nothing", .create(at: "link"), outcome: .error(.exists, "link: cannot create it")
        ) { symlink("/nowhere", $0.scratch.file("link")) },
        BadInput(
            "create: in a missing directory", .create(at: "no/new"),
            outcome: .error(.notFound, "its directory does not exist. Create the directory first")),
        BadInput(
            "create: no tables", .create(at: "new", []),
            outcome: .error(.badArgument, "tables: 0 tables are not possible. Give 1 to 62 tables")),
        BadInput(
            "create: 63 tables",
            .create(
                at: "new",
                (0 ..< 63).map { TableDefinition(name: "t\($0)", payloadBytes: 8, capacity: 1, sharing: .shared) }),
            outcome: .error(.badArgument, "63 tables are not possible")),
        BadInput(
            "create: one name twice", .create(at: "new", [Exchange.calls, Exchange.calls]),
            outcome: .error(.badArgument, "table 'calls': the name is given twice. Name each table once")),
        BadInput(
            "create: no name, a long one, a path, a zero byte, other letters", .create(""),
            .create(String(repeating: "n", count: 32)), .create("a/b"), .create("a\0b"), .create("rufnummern-ä"),
            outcome: .error(
                .badArgument, "the name must be 1 to 31 letters, digits, '-', '_' or '.'. Choose another name")),
        BadInput(
            "create: records of no or too many bytes", .create(bytes: 0), .create(bytes: -1), .create(bytes: 65_521),
            .create(bytes: .max), .create(bytes: .min),
            outcome: .error(.badArgument, "bytes are not possible. Use 1 to 65520 bytes a record")),
        BadInput(
            "create: records of an empty type",
            .create(at: "new", [.of(Void.self, name: "t", capacity: 1, sharing: .shared)]),
            outcome: .error(.badArgument, "table 't': records of 0 bytes are not possible")),
        BadInput(
            "create: no or too many records", .create(capacity: 0), .create(capacity: -1), .create(capacity: 1 << 32),
            .create(capacity: .max), .create(capacity: .min),
            outcome: .error(.badArgument, "records is not possible. Use 1 to 4294967295 records")),
        BadInput(
            "create: a table larger than any file", .create(bytes: 65_520, capacity: 4_294_967_295),
            outcome: .error(
                .badArgument, "table 't': it would take more than 64 TiB. Lower its capacity or record size")),
        BadInput(
            "create: tables together larger than any file",
            .create(
                at: "new",
                (0 ..< 3).map {
                    TableDefinition(name: "t\($0)", payloadBytes: 8000, capacity: 4_294_967_295, sharing: .shared)
                }), outcome: .error(.badArgument, "tables: together they take more than 64 TiB. Lower their capacities")
        ),
        BadInput(
            "create: more than the memory there is", .create(bytes: 60_000, capacity: 100_000_000),
            outcome: .error(.noSpace, "No space left on device; it needs "),
            obstacle: Sanitizer.isOff ? nil : "a sanitizer leaves too few addresses"),
        BadInput(
            "create: no or too many writers", .create { $0.writers = 0 }, .create { $0.writers = 4097 },
            .create { $0.writers = .min }, .create { $0.writers = .max },
            outcome: .error(.badArgument, "is not possible. Use 1 to 4096")),
        BadInput(
            "create: undo bytes out of range", .create { $0.undoBytes = 0 }, .create { $0.undoBytes = .min },
            .create { $0.undoBytes = .max },
            outcome: .error(.badArgument, "is not possible. Use 16384 to 68719476736")),
        BadInput(
            "create: journal out of range", .create { $0.journalBytes = 0 }, .create { $0.journalBytes = .min },
            .create { $0.journalBytes = .max }, outcome: .error(.badArgument, "is not possible. Use 16384 to")),
    ]

    // MARK: Calls

    private static let calls: [BadInput] =
        anyIndex.flatMap { index in
            [
                BadInput(
                    "call: change of record \(index)",
                    .change("update") { calls, change throws(TandemError) in
                        try change.update(calls, at: index) { $0.trunk = 1 }
                    },
                    .change("set") { calls, change throws(TandemError) in try change.set(calls, at: index, to: Call())
                    },
                    outcome: .error(
                        .indexOutOfRange,
                        "table 0 has no record \(index). Use an index from 0 up to the table's capacity")),
                BadInput(
                    "call: reading record \(index)", .call("read") { _ = try $0.calls.read(at: index) },
                    outcome: .error(.indexOutOfRange, "table 0 has no record \(index).")),
            ]
        } + [
            BadInput(
                "call: unknown table", .call("table") { _ = try $0.source.table("cals", of: Call.self) },
                .call("rawTable") { _ = try $0.source.rawTable("cals") },
                outcome: .error(.noSuchTable, "source: it has no table 'cals'. Its tables are: calls, trunks")),
            BadInput(
                "call: a table's name that no table can have",
                .call("table") { _ = try $0.source.table("cals\0", of: Call.self) },
                .call("") { _ = try $0.source.rawTable("") },
                outcome: .error(.noSuchTable, "Its tables are: calls, trunks")),
            BadInput(
                "call: wrong record type", .call("table") { _ = try $0.source.table("calls", of: Trunk.self) },
                outcome: .error(
                    .wrongSize,
                    """
                    table 'calls': its records have 48 bytes, Trunk has 16. Use the type that the table was created for
                    """
                )),
            BadInput(
                "call: a buffer of another size",
                .call("read") { live in
                    let table = try live.source.rawTable("calls")
                    for count in [0, 1, 47, 49, 4096] {
                        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
                        defer { room.deallocate() }
                        do throws(TandemError) { try table.read(at: 0, into: room) } catch {
                            if count < 4096 { continue } else { throw error }
                        }
                        throw Failure("\(count) bytes were taken")
                    }
                },
                outcome: .error(
                    .wrongSize,
                    "a payload of 4096 bytes was given where the table's records have 48. Pass exactly that many bytes")
            ),
            BadInput(
                "call: another source's table",
                .call("transaction") { live in
                    let other = try SourceDataFile.create(
                        at: "\(live.source.path).other", tables: Exchange.tables, options: Exchange.options)
                    unlink(other.path)
                    let calls = try other.table("calls", of: Call.self)
                    var writer = try live.source.makeWriter()
                    try writer.transaction { change throws(TandemError) in
                        try change.update(calls, at: 0) { $0.trunk = 1 }
                    }
                },
                outcome: .error(
                    .foreignTable,
                    """
                    belongs to another source than the writer. Use a table of the writer's own source
                    """)),
            BadInput(
                "call: more changes than a transaction may have",
                .change("transaction") { calls, change throws(TandemError) in
                    for index in 0 ..< 1000 { try change.set(calls, at: index, to: Call(9)) }
                },
                outcome: .error(
                    .transactionTooLarge,
                    "changes more than one may (256 records, 8192 bytes of undo room). Split it")),
            BadInput(
                "call: aborted",
                .change("transaction") { calls, change throws(TandemError) in
                    try change.set(calls, at: 0, to: Call(9))
                    throw change.abort(77)
                }, outcome: .error(.aborted, "aborted by its own code (77). Nothing was changed")),
            BadInput(
                "call: replicated, with nobody to replicate",
                .call("transaction") { live in
                    var writer = try live.source.makeWriter()
                    try writer.transaction(replicatedWithin: .milliseconds(20)) { change throws(TandemError) in
                        try change.set(live.calls, at: 0, to: Call(9))
                    }
                },
                outcome: .error(
                    .notReplicatedInTime,
                    "was not seen on the copy before its deadline. It travels with a later cut; do not repeat it")),
            BadInput(
                "call: replicated before now",
                .call("transaction") { live in
                    var writer = try live.source.makeWriter()
                    try writer.transaction(replicatedWithin: .seconds(Int64.min)) { change throws(TandemError) in
                        try change.set(live.calls, at: 0, to: Call(9))
                    }
                }, outcome: .error(.notReplicatedInTime, "before its deadline")),
            BadInput(
                "call: a source that a copy has taken over from",
                .change("transaction") { calls, change throws(TandemError) in try change.set(calls, at: 0, to: Call(9))
                },
                outcome: .error(
                    .superseded,
                    """
                    a promoted copy has taken over from this source. Stop writing here and attach to the promoted \
                    source
                    """
                )
            ) { station in
                _ = try Promotion.promote(copy: station.copyPath, to: station.scratch.file("new"))
                let live = try Live(station)
                _ = live.run { live.status.isSuperseded }
            },
            BadInput(
                "call: a record locked by nobody who exists",
                .change("transaction") { calls, change throws(TandemError) in try change.set(calls, at: 5, to: Call(9))
                },
                outcome: .error(
                    .recordDamaged, "record 5 of table 'calls': it is locked by writer slot 65534, which has no")
            ) { $0.scratch.patch("source", at: StationLayout.offset(ofCall: 5), [0xFF, 0xFF]) },
            BadInput(
                "call: a record locked by a writer that is not there",
                .change("transaction") { calls, change throws(TandemError) in try change.set(calls, at: 5, to: Call(9))
                },
                outcome: .error(
                    .recordDamaged, "record 5 of table 'calls': it is locked by writer slot 3, which has no")
            ) { $0.scratch.patch("source", at: StationLayout.offset(ofCall: 5), [4, 0]) },
            BadInput(
                "call: reading a record locked by nobody who exists", .call("read") { _ = try $0.calls.read(at: 5) },
                outcome: .error(.readContended, "record 5 of table 0 could not be read: its header makes no sense")
            ) { $0.scratch.patch("source", at: StationLayout.offset(ofCall: 5), [0xFF, 0xFF]) },
        ]

    // MARK: Surroundings

    private static let surroundings: [BadInput] = [
        BadInput(
            "surroundings: no writer slot left",
            .call("makeWriter") { live in
                var writers: [SlotLock?] = []
                for slot in 0 ..< 4 {
                    writers.append(try SlotLock.tryAcquire(file: live.source.file, byte: live.source.lockByte(slot)))
                }
                try withExtendedLifetime(writers) { _ = try live.source.makeWriter() }
            },
            outcome: .error(
                .noWriterSlot,
                "all 4 writer slots are held by running writers: 3 do not say whose, process ")),
        BadInput(
            "surroundings: a second replicator",
            .call("Replicator") { live in
                _ = try Replicator(source: live.source, copy: "\(live.source.path).second", options: .plain)
            }, outcome: .error(.inUse, "follows this source. Stop it first")),
        BadInput(
            "surroundings: cuts too often, too seldom, and never", .interval(.zero), .interval(.microseconds(9)),
            .interval(.seconds(11)), .interval(.seconds(-1)), .interval(.seconds(Int64.max)),
            .interval(.seconds(Int64.min)), outcome: .error(.badArgument, "is not possible. Use 10us to 10s")),
        BadInput(
            "surroundings: a full file system, for a source", .create(at: "small/new"),
            outcome: .error(.noSpace, "No space left on device; it needs 176128 bytes"), obstacle: asRoot
        ) { try $0.mountSmall() },
        BadInput(
            "surroundings: a full file system, for a copy", .replicate("small/copy"),
            outcome: .told("no space left for it"), obstacle: asRoot
        ) { try $0.mountSmall() },
        BadInput(
            "surroundings: a full file system, for a promoted source", .promote(to: "small/new"),
            outcome: .error(.noSpace, "No space left on device"), obstacle: asRoot
        ) { try $0.mountSmall() },
    ]
}

extension EntryPoint {
    fileprivate static func interval(_ interval: Duration) -> EntryPoint {
        var options = ReplicationOptions.plain
        options.cutInterval = interval
        let chosen = options
        return replicate(chosen) { $0.copyPath }
    }
}

extension FixtureFiles {
    /// A copy of a source of its own, in sync, in place of ours.
    fileprivate func replaceCopy(tables: [TableDefinition]) throws {
        scratch.remove("copy")
        let other = try SourceDataFile.create(at: scratch.file("other"), tables: tables, options: Exchange.options)
        let lines = LogLines()
        let replicator = try Replicator(source: other, copy: copyPath, options: .plain, logger: lines.logger)
        let end = MonotonicClock.now() + 5_000_000_000
        while SourceStatus.read(from: other).copyState != .inSync {
            replicator.step()
            guard MonotonicClock.now() < end else { throw Failure("\(lines.all)") }
        }
        scratch.remove("other")
    }

    /// Keeps a file locked, as a replicator does.
    fileprivate func hold(_ name: String) throws {
        kept.append(try FileBytes(path: scratch.file(name), writable: true))
    }

    /// A file system of 64 KiB.
    fileprivate func mountSmall() throws {
        guard let small = SmallMemory(at: scratch.file("small"), bytes: 64 << 10) else { throw Failure("no mount") }
        kept.append(small)
    }
}
