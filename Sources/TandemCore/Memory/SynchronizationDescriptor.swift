/// The number of leading records of a table that have been copied; 0 = start over. Written by the bulk copy controller
/// alone; in shared memory so that anybody can watch.
package struct SynchronizationDescriptor {
    let word: SharedWord

    package var recordsCopied: Int { Int(clamping: word.load()) }

    /// - Parameter pages: leading pages of the table whose images are complete on the copy.
    package func advance(toPages pages: Int, of table: TableLayout) {
        word.storeReleasing(UInt64(min(pages * table.recordsPerPage, table.capacity)))
    }
}
