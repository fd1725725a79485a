/** Other packages, which are installed for the benchmark alone. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { folder } from './folder';
import type { Contender, Measure } from './measure';
import { lineOf } from './program';

/** Loads one. Throws where it is not installed, or does not build or load on this Node. */
export function loadRival(name: string): unknown {
  return createRequire(path.join(folder, 'package.json'))(name);
}

const absences = new Map<string, string | undefined>();

/** Why one is not measured; undefined where it is. */
function absenceOf(name: string): string | undefined {
  if (absences.has(name)) return absences.get(name);
  let absence: string | undefined;
  try {
    loadRival(name);
  } catch (error) {
    absence = `${name} is not measured, it is not installed or does not load: ${lineOf(String(error))}`;
  }
  absences.set(name, absence);
  return absence;
}

function absenceIn(contender: Contender | undefined): string | undefined {
  const rival = contender?.language === 'JavaScript' ? contender.rival : undefined;
  return rival === undefined ? undefined : absenceOf(rival);
}

/** The same measure; where one of its contenders is absent, it says so. */
export function reported(measure: Measure): Measure {
  const absent = absenceIn(measure.subject) ?? absenceIn(measure.baseline);
  return absent === undefined ? measure : { ...measure, absent };
}

/** Its version, or why it is not measured. */
export function versionOf(name: string): string {
  const absence = absenceOf(name);
  if (absence !== undefined) return absence;
  const manifest = readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
