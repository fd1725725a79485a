/**
 * Several at one channel. Gathered: many send, one receives all of it. Shared: one sends, and each message goes to
 * one of many. The one that is alone measures.
 */

import { allThere, arrive, hear, say } from '../core/folder-meeting';
import { sourceFor, type Forms, type TakeTyped } from '../core/driver';
import type { Params } from '../core/params';
import { differing, verify } from '../core/payload';
import type { Result } from '../core/result';
import { Meter } from '../core/usage';
import { formOf, nanoseconds } from './support';

/** Types of messages where they are shared: one, and the last one that somebody receives. */
const [MESSAGE, LAST] = [0, 1];

/** All begin together; the type of its messages is each one's number among them. */
export async function gatherSend(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, check, receivers: senders = 1 } = params;
  arrive(params);
  const type = await allThere(params, senders);
  const send = formOf(forms.sendTyped, form)(sourceFor(forms, size), type);
  await send(warm);
  const meter = new Meter();
  await send(count);
  const values = meter.perMessage(senders * count); // of all, as the receiver's are
  await send(check);
  return { values, latencies: {} };
}

/** Those of one sender come in their order, none is missing. */
export async function gatherReceive(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, check, receivers: senders = 1 } = params;
  const next = Array.from({ length: senders }, () => 0);
  const [from, to] = [senders * warm, senders * (warm + count)];
  const total = to + senders * check;
  let [taken, wrong, begin, end] = [0, 0, 0, 0];
  let meter = new Meter();
  let usage = {};
  const at: TakeTyped['at'] = (memory, offset, length, type) => {
    if (taken === from) [meter, begin] = [new Meter(), nanoseconds()];
    const sequence = next[type] ?? NaN;
    next[type] = sequence + 1;
    if (taken < from || taken >= to) {
      verify(memory.subarray(offset, offset + length), size, sequence, wrong);
    } else if (length !== size || memory[offset] !== (sequence & 0xff)) {
      wrong++;
    }
    if (++taken === to) [end, usage] = [nanoseconds(), meter.perMessage(senders * count)];
  };
  const take: TakeTyped = (data, type) => {
    at(data, 0, data.length, type);
  };
  take.at = at;
  await formOf(forms.receiveTyped, form)(take, () => taken < total);
  if (wrong > 0) throw new Error(differing(wrong, 'message'));
  const each = warm + count + check;
  if (next.some((sent) => sent !== each)) {
    throw new Error(`of the senders came ${next.join(', ')}, of each ${String(each)} were sent`);
  }
  return { values: { ns: (end - begin) / (senders * count), ...usage }, latencies: {} };
}

/** What one of several receivers has had. */
interface Share {
  taken: number;
  /** Of the numbers of all its messages. */
  sum: number;
  /** When it took the last one, in nanoseconds that all processes count alike. */
  last: number;
}

function clock(): number {
  return Number(process.hrtime.bigint());
}

/** Receives until its last one comes. */
export async function shareReceive(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count } = params;
  const share: Share = { taken: 0, sum: 0, last: 0 };
  let [before, more, wrong] = [-1, true, 0];
  let meter = new Meter();
  const take = (data: Uint8Array, type: number): void => {
    if (type === LAST) {
      more = false;
      return;
    }
    const sequence = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    if (before < warm && sequence >= warm) meter = new Meter();
    if (sequence < warm) verify(data, size, sequence);
    if (data.length !== size || sequence <= before) wrong++;
    before = sequence;
    share.taken++;
    share.sum += sequence;
    if (more) share.last = clock();
  };
  const receive = formOf(forms.receiveTyped, form);
  arrive(params);
  await receive(take, () => more);
  if (wrong > 0) throw new Error(`${String(wrong)} messages are not what was sent`);
  const values = meter.perMessage(count); // of all that were sent, as the sender's are
  say(params, share);
  return { values, latencies: {} };
}

/** Once all are there: and each of its messages was received once. */
export async function shareSend(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, receivers = 1 } = params;
  const source = sourceFor(forms, size);
  const send = formOf(forms.sendTyped, form)(source, MESSAGE);
  const sendLast = formOf(forms.sendTyped, form)(source, LAST);
  await allThere(params, receivers);
  await send(warm);
  const meter = new Meter();
  const begin = clock();
  await send(count);
  const usage = meter.perMessage(count);
  const [heard, shares] = [new Set<string>(), [] as Share[]];
  // Whoever has had its last one receives no more: so the next one is somebody else's.
  while (shares.length < receivers) {
    await sendLast(1);
    shares.push((await hear(params, heard)) as Share);
  }
  const sent = warm + count;
  const taken = shares.reduce((sum, one) => sum + one.taken, 0);
  const numbers = shares.reduce((sum, one) => sum + one.sum, 0);
  if (taken !== sent || numbers !== (sent * (sent - 1)) / 2) {
    const each = taken === sent ? ', but not each of them once' : '';
    throw new Error(`${String(sent)} messages were sent, ${String(taken)} received${each}`);
  }
  const end = Math.max(...shares.map(({ last }) => last));
  return { values: { ns: (end - begin) / count, ...usage }, latencies: {} };
}
