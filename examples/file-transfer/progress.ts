import { SingleBar } from 'cli-progress';

export interface Progress {
  update(bytes: number): void;
  stop(): void;
}

/** A bar on a terminal, plain lines elsewhere. */
export function showProgress(label: string, total: number): Progress {
  return process.stdout.isTTY ? bar(label, total) : lines(label, total);
}

function bar(label: string, total: number): Progress {
  const single = new SingleBar({
    format: `${label} {bar} {percentage} %`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stdout,
    hideCursor: true,
    gracefulExit: false, // signals are the program's own business
  });
  single.start(total, 0);
  return {
    update(bytes) {
      single.update(bytes);
    },
    stop() {
      single.stop();
    },
  };
}

function lines(label: string, total: number): Progress {
  const step = total / 4;
  let next = step;
  return {
    update(bytes) {
      if (bytes < next) return;
      console.log(`${label}: ${String(Math.floor((bytes / total) * 100))} %`);
      while (next <= bytes) next += step;
    },
    stop() {
      // A line needs no end.
    },
  };
}
