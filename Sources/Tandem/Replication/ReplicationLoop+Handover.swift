internal import Logging
internal import TandemCore
internal import TandemTypes

/// The source is handed over to a copy because a tool has asked for it, or is taken back.
extension ReplicationLoop {
    func handOver(_ number: UInt64, within limit: UInt64) throws(TandemError) {
        let place = try followedPlace(number)
        try refuseWhileHandingOver()
        // An hour, as anybody may write here.
        agent.engine.handOver(to: place, within: min(limit, 3_600_000_000_000))
        (handing, isHandingOver) = (copies[place].area.copy, true)
        logger.notice("handing the source over to \(copies[place].path): no transaction begins")
    }

    /// Its copy must not go meanwhile, and one at a time has everything.
    func refuseWhileHandingOver() throws(TandemError) {
        guard agent.engine.isHandingOver else { return }
        throw TandemError(
            .inUse, source.path, "it is being handed over to \(source.namedForHandover), or taken back",
            remedy: "Try again when that has come to its end: `tandem status` shows it")
    }

    /// Looked at in each turn, until there is something to answer.
    func answerHandover(to number: Int) {
        // Whoever asked has given up.
        guard request.isAsked else {
            handing = nil
            return takeBack(isForced: false)
        }
        guard let place = copies.firstIndex(where: { $0.area.copy == number }) else { return handing = nil }
        let copy = copies[place]
        switch agent.handoverOutcome() {
        case .underWay, nil: return
        case .standing(let nanoseconds):
            // Whoever promotes a file needs its lock; a standby has a fence for it.
            if !copy.isFenced, !agent.engine.hasLeft(place) { return agent.engine.letGo(place, .handedOver) }
            request.nanoseconds.store(nanoseconds)
            logger.notice("\(copy.path) has everything: it is to be promoted")
            request.answer(nil)
        case .busy(let writer):
            request.answer(
                TandemError(
                    .inUse, source.path, "a commit of \(source.writerText(writer)) does not end",
                    remedy: "Writers go on. Look after that process, and try again"))
        case .copyGone:
            request.answer(
                TandemError(
                    .unavailable, copy.path, "it was not in sync, or did not get the last cut in time",
                    remedy: "Writers go on. `tandem status` shows how it is; try again"))
        case .takenBack:
            request.answer(TandemError(.unavailable, source.path, "it was taken back", remedy: "Try again"))
        case .superseded: request.answer(nil)
        }
        handing = nil
    }

    func takeBack(isForced: Bool) {
        guard agent.engine.isHandingOver else { return }
        if isForced {
            logger.notice("the source is taken back without asking its copy")
            agent.engine.takeBackForced()
        } else {
            logger.notice("its copy is asked: it has taken over, or the source is taken back")
            agent.engine.takeBack()
        }
    }

    /// Says in the log, once, what became of a handover that nobody waits for any more.
    func noteHandover() {
        switch agent.handoverOutcome() {
        case .underWay, .standing, nil: return
        case .takenBack: logger.notice("writers go on: the copy was not promoted")
        case .busy, .copyGone: logger.notice("writers go on: the source could not be handed over")
        case .superseded: logger.notice("the copy was promoted: this source has been handed over")
        }
        isHandingOver = false
    }
}

extension ReplicationLoop {
    /// The replicator has died that was handing the source over. Whether the copy was promoted only that copy can tell,
    /// and no writer goes on before.
    static func checkHandover(of source: SourceDataFile, to blocks: [CopyPlaces.Block]) throws(TandemError) {
        guard let copy = source.copyNamedForHandover, !blocks.contains(where: { $0.number == copy.copy }) else {
            return
        }
        throw TandemError(
            .handingOver, source.path,
            "it was being handed over to \(copy.replicator.copyPath.loadText()), and its writers stand still",
            remedy: "Follow that copy too, which says whether it was promoted")
    }
}

extension SourceDataFile {
    /// The copy that the source is handed over to. Nil where there is none, and where somebody has scribbled.
    fileprivate var copyNamedForHandover: RuntimeArea? {
        area.copies.first { $0.replicator[.handedOver].load() != 0 }
    }

    /// That copy's path, or nothing.
    var namedForHandover: String { copyNamedForHandover?.replicator.copyPath.loadText() ?? "" }

    /// As people look for it.
    func writerText(_ writer: Int) -> String {
        "writer \(writer) (process \(memory.writer(writer).summary.process))"
    }
}
