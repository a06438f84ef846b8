// Kills what it was told of once the process that told it is gone, however that one ended.
// Speaks lines on stdin: `+pid` to watch over, `-pid` to forget.
import { createInterface } from 'node:readline';

const pids = new Set<number>();
for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) pids.add(pid);
  else pids.delete(pid);
}
for (const pid of pids) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
