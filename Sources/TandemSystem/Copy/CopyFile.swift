package import TandemCore

/// The copy data file as the kernel sees it: found, checked, locked, made, watched and given up.
///
/// Belongs to the thread that runs the engine.
package final class CopyFile {
    package let path: String
    /// May a missing file be made? Until the copy has been there once; after that a missing copy has been renamed or
    /// its disk is not mounted, and must come back rather than be replaced in silence.
    package var createIfMissing = true
    /// A cut counts as being on the copy only after a flush. So what a probe finds must be on the medium, too.
    package var isDurable = false
    /// Whether it is written past the page cache.
    package var direct = DirectIO.auto
    /// Why it is not, where that is left open.
    var cachedBecause: String?
    /// Which way what is written takes; nil before there is a file.
    var way: FileWay? { didSet { if way != oldValue { wayChanges += 1 } } }
    /// How often that was another one than before.
    package private(set) var wayChanges = 0
    /// What of it has been written past the page cache since it was last dropped there.
    var writtenPastCache: FileParts = []
    /// What the last failure was in full, for the log; controllers decide by its kind alone.
    package private(set) var lastFailure: KernelFailure?

    let layout: FileLayout
    let checksum: Checksum
    let rules: FileRules
    /// Holds the copy's name.
    var current: LockedFile?
    /// Grows beside it, under a name of its own, until it is published.
    var rebuild: LockedFile?
    /// Closes the file that a rebuild has replaced.
    var closing: DetachedThread?
    /// Whose copy was found or made.
    var life: Life?
    /// What the journal and its replays write to, while it is in memory, from the first replay on: mapped anew for
    /// each, its pages would have to be found again.
    var mapped: MappedBytes?

    /// - Parameter source: the file that this is a copy of, which it must not be.
    package init(path: String, layout: FileLayout, checksum: Checksum, source: FileIdentity?) {
        self.path = path
        self.layout = layout
        self.checksum = checksum
        rules = .copy(of: source)
        FileSizeSignal.ignored
    }

    deinit { close() }

    /// It is here.
    package var abilities: MediumAbilities { MediumAbilities(content: .pages) }

    /// Where writes go.
    var target: LockedFile? { rebuild ?? current }
    /// The descriptor that writes go through; -1 when nothing is open.
    package var descriptor: Int32 { target?.descriptor ?? -1 }

    /// Gives up descriptors and locks. An unfinished rebuild is removed, as nobody will go on with it.
    package func close() {
        discardRebuild()
        current = nil
    }

    /// Is what is open still what the path names, as long as it was?
    package func watch() throws(CopyFailure) {
        guard let target else { throw CopyFailure(.notFound) }
        guard target.isStillNamed else { throw CopyFailure(.identityChanged) }
        if rebuild == nil { removeLeftRebuild() }
    }

    /// Notes a failure before it shrinks to what controllers need.
    func noted(_ failure: KernelFailure) -> CopyFailure {
        lastFailure = failure
        return failure.copyFailure
    }

    func attempt<Value>(_ body: () throws(KernelFailure) -> Value) throws(CopyFailure) -> Value {
        do throws(KernelFailure) { return try body() } catch { throw noted(error) }
    }
}
