/** unix.Datagram: waits for what poll(2) calls ready, and that is not. */

import { unix } from 'posix-ipc';

import { codeOfRejection, codeThrownBy } from '../support/outcome';
import { abstractName, closing, socketPath } from '../support/sockets';
import { soon } from '../support/wait-until';

const { Datagram } = unix;

describe('what is told to be ready and is not', () => {
  test('after shutdown of its reading side a datagram socket has reached the end', async () => {
    const socket = closing(Datagram.createSync(abstractName()));
    const pending = socket.receive();
    socket.shutdownSync('read');
    expect(await soon('the pending receive', pending)).toBeNull();
    expect(socket.receiveSync({ timeout: 20_000 })).toBeNull();
    expect(socket.tryReceive()).toBeNull();
    expect(socket.tryReceiveInto(Buffer.alloc(1))).toBeNull();
  });

  test('sendToSync ends in time where another socket has the address by now', async () => {
    const file = socketPath();
    const first = Datagram.createSync(file);
    const [sender, other] = [closing(Datagram.createSync()), closing(Datagram.createSync())];
    while (sender.trySendTo(file, 'm'));
    const pending = codeOfRejection(sender.sendTo(file, 'waits', { timeout: 200 }));
    first.close();
    first.unlinkSync();
    const second = closing(Datagram.createSync(file));
    while (other.trySendTo(file, 'm'));
    const late = (): void => {
      sender.sendToSync(file, 'x', { timeout: 100 });
    };
    expect(codeThrownBy(late)).toBe('ETIMEDOUT');
    expect(await pending).toBe('ETIMEDOUT');
    second.unlinkSync();
  });
});
