import { endRun } from './left-overs';
import { removeRunDirectory } from './run-directory';

export default async function tearDown(): Promise<void> {
  removeRunDirectory();
  await endRun();
}
