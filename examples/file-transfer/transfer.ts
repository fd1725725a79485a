import type { SourceFile } from './options';
import { PeerProcess } from './peer-process';
import type { Launch } from './peers';
import { showProgress } from './progress';
import { type Sent, sendFile } from './sender';
import type { Transport } from './transports/transport';

/** Sends the file to one receiver. Nothing is left of either, however it ends. */
export async function transfer(
  file: SourceFile,
  transport: Transport,
  launch: Launch,
  label: string,
  interrupted: AbortSignal,
): Promise<Sent> {
  const end = await transport.create();
  const progress = showProgress(label, file.size);
  try {
    const receiver = new PeerProcess(launch(end.address));
    try {
      const signal = AbortSignal.any([interrupted, receiver.failed]);
      const sent = await sendFile(file, end, signal, (bytes) => {
        progress.update(bytes);
      });
      await receiver.ended(interrupted);
      return sent;
    } finally {
      await receiver.kill();
    }
  } finally {
    progress.stop();
    await end.remove();
  }
}
