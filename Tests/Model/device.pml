/* Writes to the copy land in any order; at each of these moments the host may be lost. */

inline land(p) {
    inPlace[p] = imageOf[p];
    if
    :: image[p] == submitted -> image[p] = landed; arrived = arrived | bit(p)
    :: else -> forgetImage(p)
    fi;
    promote()
}

proctype Device() {
end:
    do
    :: d_step { image[0] == submitted || image[0] == orphan -> land(0) }
    :: d_step { image[1] == submitted || image[1] == orphan -> land(1) }
#if PAGES > 2
    :: d_step { image[2] == submitted || image[2] == orphan -> land(2) }
#endif
    :: d_step { cutWrite == submitted -> whole[cutWritten] = 1; cutWrite = landed; promote() }
    :: d_step { slotWrite == submitted -> consistent = slotRole; tail = slotTail; slotWrite = landed; promote() }
    /* What an outage has cut off need not arrive. */
    :: d_step { phase == offline && image[0] == orphan -> forgetImage(0) }
    :: d_step { phase == offline && image[1] == orphan -> forgetImage(1) }
#if PAGES > 2
    :: d_step { phase == offline && image[2] == orphan -> forgetImage(2) }
#endif
    :: d_step { phase == offline && cutWrite == submitted -> cutWrite = none }
    :: d_step { phase == offline && slotWrite == submitted -> slotWrite = none }
    od
}
