/// The open window: one cut being read.
struct CutWindow {
    enum Stage { case changes, images }

    let cut: UInt64
    let opened: UInt64
    var stage: Stage
    /// The writer that was found in the middle of its commit when the window was last read on, and since when.
    var doubt: (writer: Int, since: UInt64)?
}

/// A cut on its way to a copy.
struct ShippingCut {
    let cut: UInt64
    let opened: UInt64
    let bytes: Int
    let count: Int
    /// Values that had to be sought in undo logs, for whichever copy.
    let preImages: Int
    var isFlushing = false
}
