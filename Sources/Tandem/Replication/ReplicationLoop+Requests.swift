internal import TandemCore
internal import TandemTypes

/// What tools ask of the replicator that runs: between two turns, while nothing is being decided.
extension ReplicationLoop {
    func attend() {
        if let number = leaving { return removeWhenLeft(number) }
        if isHandingOver { noteHandover() }
        if let number = handing { return answerHandover(to: number) }
        guard request.isAsked else { return }
        do throws(TandemError) {
            switch ReplicatorRequest.Kind(rawValue: request.kind.load()) {
            case .attach: try attach(request.path.loadText())
            case .detach: return try detach(request.copy.load())
            case .forget: try forget(request.copy.load())
            case .handOver: return try handOver(request.copy.load(), within: request.nanoseconds.load())
            case .takeBack: takeBack(isForced: request.copy.load() != 0)
            case nil: throw TandemError(.badArgument, "request", "it means nothing", remedy: "Use the same version")
            }
            request.answer(nil)
        } catch { request.answer(error) }
    }

    private func attach(_ path: String) throws(TandemError) {
        try Self.check(copies.map(\.path) + [path])
        let block = CopyPlaces.assign([path], in: source, besides: copies.map(\.area.copy))[0]
        let copy = try LoopCopy(
            path, place: copies.count + 1, block: block, source: source, options: options, engine: engineOptions,
            logger: logger)
        agent.follow(copy.followed, driver: copy.driver)
        copies.append(copy)
    }

    /// The place of the copy with this block.
    func followedPlace(_ number: UInt64) throws(TandemError) -> Int {
        if let place = copies.firstIndex(where: { UInt64($0.area.copy) == number }) { return place }
        throw TandemError(
            .badArgument, "copy", "the replicator does not follow it", remedy: "`tandem status` shows the copies")
    }

    private func detach(_ number: UInt64) throws(TandemError) {
        let place = try followedPlace(number)
        try refuseWhileHandingOver()
        guard copies.count > 1 else {
            throw TandemError(
                .badArgument, copies[place].path, "it is the only copy that the replicator follows",
                remedy: "Stop the replicator instead")
        }
        agent.engine.letGo(place)
        leaving = copies[place].area.copy
    }

    /// What is under way to a copy is waited for: its memory is not anybody's before.
    private func removeWhenLeft(_ number: Int) {
        let place = copies.firstIndex { $0.area.copy == number }!
        guard agent.engine.hasLeft(place) else { return }
        leaving = nil
        agent.remove(place)
        let copy = copies.remove(at: place)
        copy.end()
        copy.area.replicator.place.store(0)
        for (place, copy) in copies.enumerated() { copy.area.replicator.place.storeReleasing(UInt64(place) + 1) }
        request.answer(nil)
    }

    private func forget(_ number: UInt64) throws(TandemError) {
        guard let copy = source.area.copies.first(where: { UInt64($0.copy) == number }), copy.replicator.id != .none
        else {
            throw TandemError(
                .badArgument, "copy", "the source does not know it", remedy: "`tandem status` shows the copies")
        }
        if let followed = copies.first(where: { $0.area.copy == copy.copy }) {
            throw TandemError(
                .badArgument, followed.path, "the replicator follows it", remedy: "Detach it first: `tandem detach`")
        }
        agent.engine.forget(copy.copy)
    }
}

extension ReplicatorRequest {
    /// - Parameter problem: why it was not done; nil: it was.
    func answer(_ problem: TandemError?) {
        error.store(problem.map { UInt64($0.code.rawValue) } ?? 0)
        subject.storeText(problem?.detail?.subject ?? "")
        self.problem.storeText(problem?.detail?.problem ?? "")
        remedy.storeText(problem?.detail?.remedy ?? "")
        // Whoever asked may have given up. Release: the answer is whole before it is seen.
        _ = state.compareExchange(State.asked.rawValue, State.answered.rawValue)
    }
}
