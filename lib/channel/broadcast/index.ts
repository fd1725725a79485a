/** Broadcasts through shared memory. */

export { Broadcast, type SubscribeOptions } from './broadcast';
export type { BroadcastAtOptions, BroadcastOptions, OpenBroadcastOptions } from './broadcast-open';
export { SubscriberCursor } from './cursor';
export type { BroadcastDecoded, BroadcastMessage, BroadcastMessageInto, From } from './following';
export { Publisher } from './publisher';
export type { BroadcastShapeOptions, BroadcastWhenFull } from './shape';
export type { BroadcastPeer, BroadcastStatus } from './status';
export { Subscriber } from './subscriber';
