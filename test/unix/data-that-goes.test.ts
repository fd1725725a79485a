/** Data whose memory goes away while a send reads its options, or listens to its signal. */

import { unix } from 'posix-ipc';

import { detach } from '../support/detach';
import { codeOfRejection, codeThrownBy } from '../support/outcome';
import { closing, closingBoth } from '../support/sockets';
import { soon } from '../support/wait-until';

test('data that goes while the options are read is refused, and nothing is sent', async () => {
  const [one, other] = closingBoth(unix.socketpairSync('seqpacket'));
  const [stream] = closingBoth(unix.socketpairSync('stream'));
  const datagram = closing(unix.Datagram.createSync(unix.autobind));
  const [address = ''] = [datagram.address];
  const going = (): [Uint8Array, unix.SendOptions] => {
    const data = Uint8Array.of(1, 2, 3);
    const timeout = (): number => {
      detach(data.buffer);
      return 1;
    };
    return [
      data,
      {
        get timeout() {
          return timeout();
        },
        get fds() {
          timeout();
          return [];
        },
      },
    ];
  };
  const refused = [
    () => one.send(...going()),
    () => stream.send(...going()),
    () => datagram.sendTo(address, ...going()),
  ];
  for (const send of refused) expect(await codeOfRejection(send())).toBe('ERR_INVALID_ARG_TYPE');
  const refusedNow = [
    () => one.trySend(...going()),
    () => {
      one.sendSync(...going());
    },
    () => stream.trySend(...going()),
    () => datagram.trySendTo(address, ...going()),
  ];
  for (const send of refusedNow) expect(codeThrownBy(send)).toBe('ERR_INVALID_ARG_TYPE');
  expect(other.tryReceive()).toBeUndefined();
});

test('data that goes while the signal is listened to is refused, and holds up nobody', async () => {
  const pair = closingBoth(unix.socketpairSync('seqpacket', { sendBuffer: 4608 }));
  while (pair[0].trySend('full'));
  const streams = closingBoth(unix.socketpairSync('stream'));
  while (streams[0].trySend(Buffer.alloc(65_536)) > 0);
  const full = closing(unix.Datagram.createSync(unix.autobind));
  const datagram = closing(unix.Datagram.createSync());
  const [address = ''] = [full.address];
  while (datagram.trySendTo(address, 'full'));
  const going = (): [Uint8Array, unix.SendOptions] => {
    const data = Uint8Array.of(1, 2, 3);
    const signal = new AbortController().signal;
    signal.addEventListener = () => {
      detach(data.buffer);
    };
    return [data, { signal }];
  };
  const sending = [
    pair[0].send(...going()),
    streams[0].send(...going()),
    datagram.sendTo(address, ...going()),
  ].map(codeOfRejection);
  const last = [pair[0].send('last'), streams[0].send('last'), datagram.sendTo(address, 'last')];
  for (const socket of [pair[1], streams[1], full]) while (socket.tryReceive()?.data.length);
  expect(await soon('an answer', Promise.all(sending))).toEqual(
    Array(3).fill('ERR_INVALID_ARG_TYPE'),
  );
  await soon('those behind them', Promise.all(last));
});

test('data that tells nothing true about its parts is sent whole', async () => {
  class Odd extends Uint8Array {
    override subarray(): never {
      throw new Error('no part');
    }
  }
  const [one, other] = closingBoth(unix.socketpairSync('stream'));
  const data = new Odd(1_000_000).fill(7);
  const sending = one.send(data).finally(() => {
    one.shutdownSync('write');
  });
  const parts: Buffer[] = [];
  for await (const part of other) parts.push(part.data);
  expect(await sending).toBe(data.length);
  expect(Buffer.concat(parts).equals(data)).toBe(true);
});
