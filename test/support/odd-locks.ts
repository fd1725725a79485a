/** Arguments of the addon's functions for locks in memory: see fixtures/odd-native-arguments.ts. */

type Call = (name: string, args: unknown[]) => unknown;

/** How they are made and called. */
interface Locks {
  call: Call;
  page: () => number;
  /** A page with a lock of a kind, and its handle. */
  make: (kind: string, ...options: unknown[]) => [memory: number, handle: number];
}

function rwlockArguments({ call, page, make }: Locks): Record<string, unknown[]> {
  const [rwlockPage, rwlock] = make('rwlock', 4, false);
  return {
    rwlockInit: [page(), 0, 4, false],
    rwlockAt: [rwlockPage, 0],
    rwlockClose: [call('rwlockAt', [rwlockPage, 0])],
    rwlockGate: [rwlock],
    rwlockTryRead: [rwlock],
    rwlockReadUnlock: [rwlock, 0],
    rwlockReadFromGate: [rwlock],
    rwlockAdopt: [rwlock],
    rwlockClaim: [rwlock, -1],
    rwlockReopen: [rwlock],
    rwlockDowngrade: [rwlock],
    rwlockUpgradeBegin: [rwlock, 0],
    rwlockUpgradeEnd: [rwlock],
    rwlockUpgrades: [rwlock],
    rwlockSlotWaitFor: [rwlock, -1, 0],
    rwlockSlotWaitStart: [rwlock, -1],
    rwlockSame: [rwlock, rwlock],
    rwlockSlots: [rwlock],
    rwlockLook: [rwlock, new Float64Array(20)],
  };
}

function meetingArguments({ call, page, make }: Locks): Record<string, unknown[]> {
  const [barrierPage, barrier] = make('barrier', 3);
  const [conditionPage, condition] = make('condition');
  const [, held] = make('mutex', false);
  call('mutexTrylock', [held, 1]);
  const [oncePage, once] = make('once');
  return {
    barrierInit: [page(), 0, 3],
    barrierAt: [barrierPage, 0],
    barrierClose: [call('barrierAt', [barrierPage, 0])],
    barrierParties: [barrier],
    barrierWaiting: [barrier],
    barrierIsBroken: [barrier],
    barrierReset: [barrier],
    barrierPass: [barrier],
    barrierWaitFor: [barrier, 0],
    barrierWaitStart: [barrier],
    conditionInit: [page(), 0],
    conditionAt: [conditionPage, 0],
    conditionClose: [call('conditionAt', [conditionPage, 0])],
    conditionEnter: [condition, held],
    conditionPass: [condition, held, 1],
    conditionLeave: [condition, held],
    conditionNotify: [condition, held, true],
    conditionLook: [condition],
    conditionWaitFor: [condition, 0, 0],
    conditionWaitStart: [condition, 0],
    onceInit: [page(), 0],
    onceAt: [oncePage, 0],
    onceClose: [call('onceAt', [oncePage, 0])],
    onceIsDone: [once],
    onceSetDone: [once],
  };
}

/** `page`: makes a mapping. */
export function lockArguments(call: Call, page: () => number): Record<string, unknown[]> {
  const make: Locks['make'] = (kind, ...options) => {
    const memory = page();
    call(`${kind}Init`, [memory, 0, ...options]);
    return [memory, call(`${kind}At`, [memory, 0]) as number];
  };
  const [mutexPage, mutex] = make('mutex', false);
  const [eventPage, lockEvent] = make('event', false, true);
  return {
    mutexInit: [page(), 0, false],
    mutexAt: [mutexPage, 0],
    mutexClose: [call('mutexAt', [mutexPage, 0])],
    mutexTrylock: [mutex, 1],
    mutexUnlock: [mutex],
    mutexAbandon: [mutex],
    mutexConsistent: [mutex],
    mutexWaitFor: [mutex, 0],
    mutexWaitStart: [mutex],
    mutexCollect: [mutex, 0],
    mutexSame: [mutex, mutex],
    mutexLook: [mutex, new Float64Array(7)],
    eventInit: [page(), 0, true, false],
    eventAt: [eventPage, 0],
    eventClose: [call('eventAt', [eventPage, 0])],
    eventAutoReset: [lockEvent],
    eventSet: [lockEvent],
    eventReset: [lockEvent],
    eventIsSet: [lockEvent],
    eventSets: [lockEvent],
    eventPass: [lockEvent, 0],
    eventWaitFor: [lockEvent, 0, 0],
    eventWaitStart: [lockEvent, 0],
    ...meetingArguments({ call, page, make }),
    ...rwlockArguments({ call, page, make }),
  };
}
