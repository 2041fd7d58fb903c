/// The open window: one cut being read.
struct CutWindow {
    enum Stage { case changes, images }

    let cut: UInt64
    let opened: UInt64
    /// Everything dirty below this page was taken; nil when only images are read.
    let descriptor: Int?
    let threshold: ShippedThreshold
    /// A journal record is being written.
    let isJournalled: Bool
    /// It is wanted even if it is empty.
    let isForced: Bool
    var stage: Stage
}

/// A cut on its way to a copy.
struct ShippingCut {
    let cut: UInt64
    let opened: UInt64
    let bytes: Int
    let count: Int
    var isFlushing = false
}
