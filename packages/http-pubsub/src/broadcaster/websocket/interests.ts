import type { GlobDialect } from '../../wire/glob/glob.ts';
import type { Wanted } from '../../wire/stateless/requests.ts';
import { createTopicGlobs } from '../topic-globs.ts';

/** Who wants to hear of what. */
export interface Interests<Socket> {
  /** True: nobody wanted it before. */
  add(socket: Socket, wanted: Wanted): boolean;
  /** True: nobody wants it any more. */
  remove(socket: Socket, wanted: Wanted): boolean;
  /** Each once, however many of its wishes are met. */
  wanting(topic: Uint8Array): Promise<ReadonlySet<Socket>>;
}

export function createInterests<Socket>(dialect: GlobDialect): Interests<Socket> {
  const exact = new Map<string, Set<Socket>>();
  const globs = new Map<string, Set<Socket>>();
  const compiled = createTopicGlobs(dialect);
  const placeOf = (wanted: Wanted) =>
    wanted.topic !== undefined
      ? { map: exact, key: Buffer.from(wanted.topic).toString('latin1') }
      : { map: globs, key: wanted.glob };

  return {
    add(socket, wanted) {
      const { map, key } = placeOf(wanted);
      const there = map.get(key);
      if (there) return there.add(socket).size === 0;
      map.set(key, new Set([socket]));
      if (wanted.glob !== undefined) compiled.add(wanted.glob);
      return true;
    },
    remove(socket, wanted) {
      const { map, key } = placeOf(wanted);
      const there = map.get(key);
      if (!there?.delete(socket) || there.size > 0) return false;
      map.delete(key);
      if (wanted.glob !== undefined) compiled.delete(wanted.glob);
      return true;
    },
    async wanting(topic) {
      const matching = await compiled.matching(topic);
      const lists = [
        exact.get(Buffer.from(topic).toString('latin1')),
        ...matching.map((glob) => globs.get(glob)),
      ];
      return new Set(lists.flatMap((sockets) => [...(sockets ?? [])]));
    },
  };
}
