/** Channels through shared memory. */

export * from './broadcast';
export { Channel } from './channel';
export type { ChannelAtOptions, ChannelOptions } from './channel-open';
export type { ChannelStatus } from './channel-status';
export type { Codec, CodecName, Decoded } from './codec';
export { Cursor } from './cursor';
export type { Request, RequestHandler } from './direct/answers';
export { Direct } from './direct/direct';
export { direct, directSync, type DirectOptions } from './direct/open';
export { RemoteError } from './direct/remote-error';
export type { ValueRequest, ValueRequestHandler } from './direct/values';
export type { OpenChannelOptions } from './opening';
export type { OwnerOptions } from '../core/options';
export type { StreamOptions } from '../core/stream-options';
export type { WritableOptions } from './node-streams';
export type { Borrowed, Message, MessageInto } from './reading';
export type { BatchOptions, LimitOption } from './reading-end';
export { Receiver } from './receiver';
export type { ChannelPeer } from './role';
export { Sender } from './sender';
export type { ShapeOptions, WhenFull } from './shape';
export type { Waiting } from './waits';
export type { SendOptions, SendSyncOptions, TypeOption } from './writing-end';
