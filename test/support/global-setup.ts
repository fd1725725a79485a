import { beginRun } from './left-overs';
import { makeRunDirectory } from './run-directory';

export default function setUp(): void {
  beginRun();
  makeRunDirectory();
}
