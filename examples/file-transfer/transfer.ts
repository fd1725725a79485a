import type { SourceFile } from './options';
import { PeerProcess } from './peer-process';
import type { Launch } from './peers';
import { type Progress, showProgress } from './progress';
import { type Sent, sendFile } from './sender';
import type { Offer, Transport } from './transports/transport';

/** Sends the file to one receiver. Nothing is left of either, however it ends. */
export async function transfer(
  file: SourceFile,
  transport: Transport,
  launch: Launch,
  label: string,
  interrupted: AbortSignal,
): Promise<Sent> {
  const offer = await transport.create();
  const progress = showProgress(label, file.size);
  try {
    const receiver = new PeerProcess(launch(offer));
    try {
      return await send(file, offer, receiver, interrupted, progress);
    } catch (error) {
      throw await receiver.reasonFor(error);
    } finally {
      await receiver.kill();
    }
  } finally {
    progress.stop();
    offer.close();
    await transport.remove(offer.address);
  }
}

async function send(
  file: SourceFile,
  offer: Offer,
  receiver: PeerProcess,
  interrupted: AbortSignal,
  progress: Progress,
): Promise<Sent> {
  const signal = AbortSignal.any([interrupted, receiver.failed]);
  const end = await offer.accept(signal);
  try {
    const sent = await sendFile(file, end, signal, (bytes) => {
      progress.update(bytes);
    });
    await receiver.ended(interrupted);
    return sent;
  } finally {
    end.close();
  }
}
