/// How what a copy holds can be compared with what its source holds.
package enum ContentAccess: Equatable, Sendable {
    /// It cannot: only copying everything helps.
    case none
    /// Its pages are read.
    case pages
    /// Whoever serves it works out a digest of each page (`PageDigest`). They are read from this place on, 8 bytes for
    /// each page of the bitmaps.
    case digests(offset: Int)
}
