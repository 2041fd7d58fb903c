/// The open window: one cut being read.
struct CutWindow {
    enum Stage { case changes, images }

    let cut: UInt64
    let opened: UInt64
    var stage: Stage
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
