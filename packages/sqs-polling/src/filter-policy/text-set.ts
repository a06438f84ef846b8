import type { Glob, GlobState } from './glob.ts';
import { accepts, charactersAfter, outlook, start, step } from './glob.ts';

/** A set of texts, put together from patterns. */
export type TextSet =
  | { readonly glob: Glob }
  | { readonly anyOf: readonly TextSet[] }
  | { readonly allOf: readonly TextSet[] }
  | { readonly not: TextSet };

export const nothing: TextSet = { anyOf: [] };

/** More steps than real policies need; beyond it the question is left open. */
const mostStates = 20_000;

/**
 * A shortest non-empty text in the set; undefined when there is none, `'undecided'` when the set is too intricate.
 * With `{ allOf: [a, { not: b }] }` it tells whether `b` covers `a`, and what it misses if not.
 *
 * Reads all patterns side by side, breadth first; characters that no pattern waits for behave alike, so one stands
 * for all of them.
 */
export function findMember(set: TextSet): { readonly text: string } | 'undecided' | undefined {
  const globs = [...new Set(globsOf(set))];
  const seen = new Set<string>();
  let level: readonly Reading[] = [{ text: '', states: new Map(globs.map((glob) => [glob, start(glob)])) }];
  while (level.length > 0) {
    const next: Reading[] = [];
    for (const { text, states } of level) {
      for (const character of charactersWorthTrying(states)) {
        const following = new Map(globs.map((glob) => [glob, step(glob, states.get(glob) ?? 0n, character)]));
        const reading = { text: text + character, states: following };
        if (evaluate(set, (glob) => accepts(glob, following.get(glob) ?? 0n)) === true)
          return { text: reading.text };
        if (evaluate(set, (glob) => outlook(glob, following.get(glob) ?? 0n)) === false) continue;
        const key = [...following.values()].join();
        if (seen.has(key)) continue;
        if (seen.size === mostStates) return 'undecided';
        seen.add(key);
        next.push(reading);
      }
    }
    level = next;
  }
  return undefined;
}

/** The patterns after the same text. */
interface Reading {
  readonly text: string;
  readonly states: ReadonlyMap<Glob, GlobState>;
}

function charactersWorthTrying(states: Reading['states']): readonly string[] {
  const awaited = new Set([...states].flatMap(([glob, state]) => charactersAfter(glob, state)));
  const other = [...'xyzXYZ0123456789abcdefghijklmnopqrstuvw'].find((character) => !awaited.has(character));
  return [...awaited, other ?? '\u{1F30A}'];
}

/** Three-valued: undefined where what is known of the patterns does not settle it. */
function evaluate(set: TextSet, holds: (glob: Glob) => boolean | undefined): boolean | undefined {
  if ('glob' in set) return holds(set.glob);
  if ('not' in set) {
    const inner = evaluate(set.not, holds);
    return inner === undefined ? undefined : !inner;
  }
  // An "any of" is settled by one true, an "all of" by one false.
  const settling = 'anyOf' in set;
  let open = false;
  for (const part of settling ? set.anyOf : set.allOf) {
    const value = evaluate(part, holds);
    if (value === settling) return settling;
    if (value === undefined) open = true;
  }
  return open ? undefined : !settling;
}

function globsOf(set: TextSet): readonly Glob[] {
  if ('glob' in set) return [set.glob];
  if ('not' in set) return globsOf(set.not);
  return ('anyOf' in set ? set.anyOf : set.allOf).flatMap(globsOf);
}
