/** What this thread leaves when it exits, as long as it runs JavaScript at all. */
const leaving = new Set<() => void>();
let listening = false;

function leaveAll(): void {
  for (const leave of leaving) leave();
}

/** Has it called at the exit; answers how to undo that. */
export function atExit(leave: () => void): () => void {
  leaving.add(leave);
  if (!listening) {
    listening = true;
    process.on('exit', leaveAll);
  }
  return () => {
    leaving.delete(leave);
  };
}
