import { toText } from '../codec/decoding.ts';
import { endOfClass, inClass } from './character-class.ts';
import type { CharacterTest, Step } from './matcher.ts';
import { anything, createMatcher, exactly, inSegment } from './matcher.ts';

/**
 * `segments`: `*` and `?` stay within a part between slashes, `**` goes over them, as in Python 3.13's glob.translate.
 * `fnmatch`: they go over slashes, as in Python's fnmatch. `sqlite`: as SQLite's GLOB, which negates by `[^a]`.
 */
export type GlobDialect = 'segments' | 'fnmatch' | 'sqlite';

/** Whether a topic is meant. One that is not UTF-8 is meant by no glob. */
export type GlobMatcher = (topic: Uint8Array) => boolean;

/** In time that is bounded by pattern times topic. */
export function compileGlob(glob: string, dialect: GlobDialect = 'segments'): GlobMatcher {
  const steps = stepsOf(glob, dialect);
  if (steps === undefined) return () => false;
  const matches = createMatcher(steps);
  return (topic) => {
    const text = textOf(topic);
    return text !== undefined && matches(text);
  };
}

function stepsOf(glob: string, dialect: GlobDialect): readonly Step[] | undefined {
  if (dialect === 'segments') return bySegments(glob);
  return dialect === 'fnmatch'
    ? simple([...glob], anything, '!')
    : isOpenEnded([...glob])
      ? undefined
      : simple([...glob], anything, '^');
}

function bySegments(glob: string): readonly Step[] {
  const parts = glob.split('/');
  const last = parts.length - 1;
  return parts.flatMap((part, index): readonly Step[] => {
    if (part === '**') {
      if (index === last) return [{ kind: 'many', test: anything }];
      return parts[index + 1] === '**' ? [] : [{ kind: 'segments' }];
    }
    const slash: readonly Step[] = index === last ? [] : [{ kind: 'one', test: exactly('/') }];
    if (part === '*') {
      return [{ kind: 'one', test: inSegment }, { kind: 'many', test: inSegment }, ...slash];
    }
    return [...simple([...part], inSegment, '!'), ...slash];
  });
}

/** Stars, question marks and classes. A bracket that never closes is itself. */
function simple(pattern: readonly string[], wild: CharacterTest, negation: string): readonly Step[] {
  const steps: Step[] = [];
  for (let place = 0; place < pattern.length; place += 1) {
    const character = pattern[place] ?? '';
    const end = character === '[' ? endOfClass(pattern, place, negation) : -1;
    if (character === '*') {
      if (steps.at(-1)?.kind !== 'many') steps.push({ kind: 'many', test: wild });
    } else if (character === '?') steps.push({ kind: 'one', test: wild });
    else if (end >= 0) {
      const negated = pattern[place + 1] === negation;
      steps.push({ kind: 'one', test: inClass(pattern.slice(place + (negated ? 2 : 1), end), negated) });
      place = end;
    } else steps.push({ kind: 'one', test: exactly(character) });
  }
  return steps;
}

/** To SQLite a bracket that never closes matches nothing at all. */
function isOpenEnded(pattern: readonly string[]): boolean {
  for (let place = 0; place < pattern.length; place += 1) {
    if (pattern[place] !== '[') continue;
    place = endOfClass(pattern, place, '^');
    if (place < 0) return true;
  }
  return false;
}

function textOf(topic: Uint8Array): string | undefined {
  try {
    return toText(topic, 'the topic');
  } catch {
    return undefined;
  }
}
