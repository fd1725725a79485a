/**
 * The Node receiver, a program of its own: takes a file that arrives as typed messages, and answers
 * with its own SHA-256. Arguments: the transport's id and the address of what the sender made.
 */
import { createHash } from 'node:crypto';
import { ANSWER, DATA, END, HEADER, READY, formatVerdict, parseHeader } from './protocol';
import { transports } from './transports';
import type { Endpoint } from './transports/transport';

async function receiveFile(end: Endpoint, signal: AbortSignal): Promise<void> {
  await end.send(ANSWER, READY, signal);

  const first = await end.receive(signal);
  if (first.type !== HEADER)
    throw new Error(`expected a header, got a message of type ${String(first.type)}`);
  const { size } = parseHeader(first.data);

  const hash = createHash('sha256');
  let received = 0;
  let message = await end.receive(signal);
  for (; message.type === DATA; message = await end.receive(signal)) {
    hash.update(message.data);
    received += message.data.length;
  }
  if (message.type !== END)
    throw new Error(`expected data or an end, got a message of type ${String(message.type)}`);

  const digest = hash.digest('hex');
  const equal = received === size && message.data.toString() === digest;
  await end.send(ANSWER, formatVerdict({ equal, digest }), signal);
}

async function main(): Promise<void> {
  const [id, address] = process.argv.slice(2);
  const transport = transports.find((candidate) => candidate.id === id);
  if (!transport || address === undefined) throw new Error('usage: receiver TRANSPORT ADDRESS');

  const orphaned = new AbortController();
  const onDisconnect = (): void => {
    orphaned.abort(new Error('the sender is gone'));
  };
  process.on('disconnect', onDisconnect); // before the first await: it comes only once
  try {
    const end = await transport.open(address, orphaned.signal);
    await receiveFile(end, orphaned.signal);
    end.close();
  } catch (error) {
    await transport.remove(address); // perhaps the sender was killed, and nobody else does it
    throw error;
  } finally {
    process.off('disconnect', onDisconnect);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
