/** Rows of objects that stand for a descriptor: what they wait for, and how. */

import type { BlockingCall } from '../support/blocked';
import { letGo } from './held';
import type { Contents, Limits, Subject, WaitingOperation } from './waiting-operation';

interface Waiter {
  close(): void;
  unref(): unknown;
}

/** What there is to wait for. What it makes it holds by a number: see held.ts. */
export interface Kind<O extends Waiter> {
  gives: boolean;
  contents: Contents;
  /** How promise forms sleep; default: on the event loop. */
  call?: BlockingCall;
  /** How Sync forms sleep; default: in ppoll(2). */
  syncCall?: BlockingCall;
  create: () => number;
  open: (id: number) => O;
  satisfy: (id: number) => void;
  contentsOf: (id: number) => string[];
  /** Beside letting go of descriptors. */
  remove?: (id: number) => void;
}

export interface Row<O> {
  name: string;
  form?: 'sync';
  variant?: true;
  belongsToNothing?: true;
  isMutual?: true;
  closedValue?: unknown;
  wait: (object: O, limits: Limits, id: number) => unknown;
}

function subject<O extends Waiter>(id: number, kind: Kind<O>, { wait }: Row<O>): Subject {
  const object = kind.open(id);
  return {
    id,
    object,
    // Not async: a Sync form throws, as it does to its callers.
    wait: (limits = {}) => Promise.resolve(wait(object, limits, id)),
    satisfy: () => {
      kind.satisfy(id);
    },
    contents: () => kind.contentsOf(id),
    close: () => {
      object.close();
    },
    remove: () => {
      kind.remove?.(id);
      letGo(id);
    },
    unref: () => {
      object.unref();
    },
  };
}

export function operationOf<O extends Waiter>(kind: Kind<O>, row: Row<O>): WaitingOperation {
  const {
    name,
    form = 'promise',
    variant = false,
    belongsToNothing = false,
    isMutual = false,
  } = row;
  const { gives, contents, call = 'epoll', syncCall = 'ppoll' } = kind;
  return {
    name,
    form,
    variant,
    belongsToNothing,
    isMutual,
    takes: form === 'sync' ? ['timeout'] : ['timeout', 'signal'],
    gives,
    call: form === 'sync' ? syncCall : call,
    removal: undefined,
    contents,
    ...('closedValue' in row ? { closedValue: row.closedValue } : {}),
    create: () => subject(kind.create(), kind, row),
    open: (id) => subject(id, kind, row),
  };
}
