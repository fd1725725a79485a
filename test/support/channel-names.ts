/** What the classes of `channel` have. */

const closable = ['close', 'closed'];
const handle = [...closable, 'ref', 'unref'];
const publishing = [...handle, 'flush'];

export const statics: readonly string[] = [
  ...['at', 'create', 'createSync', 'open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
  ...['unlink', 'unlinkSync'],
];

const channel: readonly string[] = [
  ...closable,
  ...['sender', 'receiver', 'stat', 'statSync', 'unlink', 'unlinkSync'],
];

const sender: readonly string[] = [
  ...publishing,
  ...['send', 'sendSync', 'trySend', 'sendMany', 'sendManySync', 'trySendMany'],
  ...['claim', 'claimSync', 'tryClaim', 'commit', 'abort', 'writable'],
  ...['sendValue', 'sendValueSync', 'trySendValue'],
];

const receiver: readonly string[] = [
  ...publishing,
  ...['receive', 'receiveSync', 'tryReceive'],
  ...['receiveInto', 'receiveIntoSync', 'tryReceiveInto'],
  ...['borrow', 'borrowSync', 'tryBorrow', 'forEach', 'messages', 'batches', 'readable'],
  ...['receiveValue', 'receiveValueSync', 'tryReceiveValue', 'values'],
];

const broadcast: readonly string[] = [
  ...closable,
  ...['publisher', 'subscribe', 'stat', 'statSync', 'unlink', 'unlinkSync'],
];

const publisher: readonly string[] = [
  ...publishing,
  ...['publish', 'publishSync', 'tryPublish'],
  ...['publishMany', 'publishManySync', 'tryPublishMany'],
  ...['publishValue', 'publishValueSync', 'tryPublishValue'],
  ...['claim', 'claimSync', 'tryClaim', 'commit', 'abort'],
];

const subscriber: readonly string[] = [
  ...handle,
  'lost',
  ...['receive', 'receiveSync', 'tryReceive'],
  ...['receiveInto', 'receiveIntoSync', 'tryReceiveInto'],
  ...['receiveValue', 'receiveValueSync', 'tryReceiveValue', 'values'],
  ...['forEach', 'messages', 'batches'],
];

const direct: readonly string[] = [
  ...closable,
  ...['send', 'sendSync', 'trySend', 'receive', 'receiveSync', 'tryReceive', 'messages'],
  ...['request', 'requestSync', 'requestValue', 'requestValueSync', 'onRequest', 'onRequestValue'],
  ...['ended', 'endedSync', 'tryEnded', 'ref', 'unref'],
];

export const members: Record<string, readonly string[]> = {
  Channel: [...channel].sort(),
  Sender: [...sender].sort(),
  Receiver: [...receiver].sort(),
  Cursor: ['copy', 'view'],
  Direct: [...direct].sort(),
  RemoteError: ['message', 'toString'],
  Broadcast: [...broadcast].sort(),
  Publisher: [...publisher].sort(),
  Subscriber: [...subscriber].sort(),
  SubscriberCursor: ['copy', 'view'],
};
