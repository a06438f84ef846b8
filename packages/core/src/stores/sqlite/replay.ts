import { toPosition } from '../../message.ts';
import type { ReplayStorage } from '../../ports/replay-storage.ts';
import type { Connection } from './connection.ts';
import { toKey } from './values.ts';

export function sqliteReplay(connection: Connection): ReplayStorage {
  const select = connection.database.prepare('SELECT position, fence FROM millrace_markers WHERE key = ?');
  const put = connection.database.prepare(
    `INSERT INTO millrace_markers (key, position, fence) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET position = excluded.position, fence = excluded.fence
       WHERE millrace_markers.fence <= excluded.fence`,
  );
  return {
    load: (key) =>
      connection.read(() => {
        const row = select.get(toKey(key));
        return row && { position: toPosition(String(row['position'])), fence: Number(row['fence']) };
      }),
    save: (key, { position, fence }) =>
      connection.write(() => put.run(toKey(key), position, fence).changes === 1),
  };
}
