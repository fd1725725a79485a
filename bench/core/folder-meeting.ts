/** Programs of a row that wait for each other: each is a file in the folder of the address. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Params } from './params';

export interface Folder {
  /** In it, with a name that nobody else has; it ends with a colon and the size. */
  address: string;
  remove: () => void;
}

export function makeFolder(size: number): Folder {
  const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-bench-'));
  return {
    address: `${folder}/${path.basename(folder)}:${String(size)}`,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Place = Pick<Params, 'address'>;

function folderOf({ address }: Place): string {
  return path.dirname(address);
}

const SAID = '.said';

function present(place: Place): number[] {
  const names = readdirSync(folderOf(place)).filter((name) => !name.endsWith(SAID));
  return names.map(Number).sort((a, b) => a - b);
}

/** This program is there. */
export function arrive(place: Place): void {
  writeFileSync(path.join(folderOf(place), String(process.pid)), '');
}

/** Waits until so many are; answers which one of them this is, where it is one. */
export async function allThere(place: Place, count: number): Promise<number> {
  while (present(place).length < count) await sleep(1);
  return present(place).indexOf(process.pid);
}

/** Leaves a word for whoever waits for it. */
export function say(place: Place, word: object): void {
  const file = path.join(folderOf(place), String(process.pid));
  writeFileSync(`${file}${SAID}`, JSON.stringify(word), { flag: 'wx' });
}

/** Waits for one more word; `heard`: those who have been heard already. */
export async function hear(place: Place, heard: Set<string>): Promise<unknown> {
  for (;;) {
    const name = readdirSync(folderOf(place)).find((one) => one.endsWith(SAID) && !heard.has(one));
    const text = name === undefined ? '' : readFileSync(path.join(folderOf(place), name), 'utf8');
    if (name !== undefined && text.endsWith('}')) {
      heard.add(name);
      return JSON.parse(text);
    }
    await sleep(1);
  }
}
