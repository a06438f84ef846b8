import { setImmediate } from 'node:timers/promises';
import type { GlobDialect, GlobMatcher } from '../wire/glob/glob.ts';
import { compileGlob } from '../wire/glob/glob.ts';

/** Milliseconds of matching after which everything else gets its turn. */
const slice = 5;

/** Globs that are compiled once, for a store that knows which there are. */
export interface TopicGlobs {
  /** The version that was last given to `replace`. */
  readonly version: number | undefined;
  add(glob: string): void;
  delete(glob: string): void;
  /** From now on these are all. What was compiled before stays so. */
  replace(globs: Iterable<string>, version?: number): void;
  /** Those that match, each once. However many there are, other work goes on in between. */
  matching(topic: Uint8Array): Promise<readonly string[]>;
}

export function createTopicGlobs(dialect: GlobDialect = 'segments'): TopicGlobs {
  let compiled = new Map<string, GlobMatcher>();
  let version: number | undefined;

  return {
    get version() {
      return version;
    },
    add(glob) {
      if (!compiled.has(glob)) compiled.set(glob, compileGlob(glob, dialect));
    },
    delete(glob) {
      compiled.delete(glob);
    },
    replace(globs, newVersion) {
      const before = compiled;
      compiled = new Map();
      for (const glob of globs) compiled.set(glob, before.get(glob) ?? compileGlob(glob, dialect));
      version = newVersion;
    },
    async matching(topic) {
      const found: string[] = [];
      let until = performance.now() + slice;
      for (const [glob, matches] of compiled) {
        if (matches(topic)) found.push(glob);
        if (performance.now() < until) continue;
        await setImmediate();
        until = performance.now() + slice;
      }
      return found;
    },
  };
}
